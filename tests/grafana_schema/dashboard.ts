// Grafana's published types, narrowed so that a literal in a generated dashboard is held to them key by key.

import type * as grafana from "@grafana/schema";
import type * as stat from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type * as timeline from "@grafana/schema/dist/esm/raw/composable/statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen";
import type * as table from "@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen";
import type * as text from "@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen";
import type * as timeseries from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

// JSON writes an enum as its value.
type Json<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

// Grafana's own types allow any key among the options of a field; a panel type knows better.
interface Defaults<Custom> extends Omit<Json<grafana.FieldConfig>, "custom"> {
  custom?: Json<Custom>;
}

type Property =
  | { id: "thresholds"; value: Json<grafana.ThresholdsConfig> }
  | { id: "color"; value: Json<grafana.FieldColor> }
  | { id: "mappings"; value: Json<grafana.ValueMapping>[] }
  | { id: "links"; value: { title: string; url: string; targetBlank?: boolean }[] }
  | { id: "unit"; value: string }
  | { id: "decimals" | "min" | "max"; value: number }
  | { id: "custom.hidden"; value: boolean }
  | { id: "custom.width"; value: number }
  | { id: "custom.cellOptions"; value: Json<grafana.TableCellOptions> }
  | { id: "custom.lineStyle"; value: Json<grafana.LineStyle> };

interface DataSource {
  type: "prometheus";
  uid: string;
}

// Prometheus's query types are published only for Grafana 10: these are the keys its editor writes.
interface Query {
  datasource: DataSource;
  editorMode: "code" | "builder";
  exemplar: boolean;
  expr: string;
  format: "time_series" | "table" | "heatmap";
  instant: boolean;
  legendFormat: string;
  range: boolean;
  refId: string;
}

type Panel<Type extends string, Options, Custom> = Omit<
  Json<grafana.Panel>,
  "type" | "options" | "fieldConfig" | "datasource" | "targets"
> & {
  type: Type;
  title: string;
  description: string;
  datasource: DataSource;
  options: Json<Options>;
  targets: Query[];
  fieldConfig: {
    defaults: Defaults<Custom>;
    overrides: { matcher: { id: "byName" | "byRegexp" | "byType"; options: string }; properties: Property[] }[];
  };
};

type NoCustom = Record<string, never>;

export type StatPanel = Panel<"stat", stat.Options, NoCustom>;
export type TimeSeriesPanel = Panel<"timeseries", timeseries.Options, timeseries.FieldConfig>;
export type StateTimelinePanel = Panel<"state-timeline", timeline.Options, timeline.FieldConfig>;
export type TablePanel = Panel<"table", table.Options, grafana.TableFieldOptions>;
export type TextPanel = Panel<"text", text.Options, NoCustom>;
export type RowPanel = Json<grafana.RowPanel>;

// Gaps of the schema, which ends where a plugin begins: Prometheus's part of an annotation, and a variable's own text.
type Mark = Omit<Json<grafana.AnnotationQuery>, "datasource" | "target">;
interface AskedMark extends Mark {
  datasource: DataSource;
  expr: string;
  step: string;
  titleFormat: string;
  useValueForTime: boolean;
}
interface ToldMark extends Mark {
  datasource: { type: "grafana"; uid: "-- Grafana --" };
  expr?: never;
  target: Json<grafana.AnnotationTarget>;
}
type Annotation = AskedMark | ToldMark;

export interface Frame extends Omit<Json<grafana.Dashboard>, "panels" | "annotations"> {
  uid: string;
  annotations: { list: Annotation[] };
}
