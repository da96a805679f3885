"""Pure renderers: dashboards, rules, Slack messages, reports."""
