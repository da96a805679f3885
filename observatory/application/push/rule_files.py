"""Rule files into the folder that a Prometheus reads: loaded and seen to be in force, or the old ones put back."""

from collections.abc import Mapping, Sequence

from observatory.application.generate import MANIFEST, Drift, DriftKind, compare, manifest
from observatory.application.ports import Documents, RuleLoader
from observatory.application.push.outcome import CAREFUL, Fate, Outcome, Permissions
from observatory.errors import Ambiguous, ObservatoryError, Refused
from observatory.outputs.shipping import rules_in

_FATES = {
    DriftKind.MISSING: Fate.CREATED,
    DriftKind.CHANGED: Fate.UPDATED,
    DriftKind.ORPHANED: Fate.REMOVED,
}


def push_rule_files(
    files: Mapping[str, str], folder: Documents, loader: RuleLoader, *, may: Permissions = CAREFUL
) -> Sequence[Outcome]:
    """All files or none: the organisation's rules work on every service's.

    Files whose services are gone are removed, unless somebody edited them. When somebody edited one that would be
    written, nothing is written, unless `may.force`.

    Args:
        files: rule files by name (`flat_rule_files`).
        folder: where Prometheus reads them; what else lies there stays.
        loader: the Prometheus.
        may: what is allowed; `prune` makes no difference.

    Raises:
        Refused: Prometheus does not take them, and why; the old files are back. Or it does not read this folder.
        Unavailable: Prometheus did not answer; the old files are back.
    """
    existing = folder.read()
    rendered = {**files, MANIFEST: manifest(files)}
    drift = compare(rendered, existing)
    outcomes = _outcomes(files, drift, may)
    if may.dry_run or any(outcome.fate is Fate.DRIFTED for outcome in outcomes):
        return outcomes
    old = {name: existing.get(name) for name in (*rendered, *drift.removable)}
    if drift:
        _write(rendered, drift, folder, old)
    if drift or _missing(files, loader):
        try:
            loader.reload()
        except ObservatoryError as error:
            _put_back(old, folder)
            _reload_again(loader)
            raise _explained(error, files, loader) from error
    if missing := _missing(files, loader):
        raise Refused(
            f"Prometheus reloaded, but rules of {', '.join(missing)} are not in force:"
            " does rule_files in its configuration name the *.yml files of this folder, and of no other copy?",
            code="not loaded",
        )
    return outcomes


def _outcomes(files: Mapping[str, str], drift: Drift, may: Permissions) -> Sequence[Outcome]:
    found = {}
    for difference in drift.differences:
        fate, why = _FATES[difference.kind], ""
        if difference.edited:
            why = "somebody edited it, or wrote it: --force overwrites it"
            fate = fate if may.force else Fate.DRIFTED
            if difference.kind is DriftKind.ORPHANED:
                fate, why = Fate.LEFT_OVER, "gone from the catalog, but somebody edited it"
        found[difference.path] = Outcome(difference.path, fate, why, difference.changes)
    unchanged = {name: Outcome(name, Fate.UNCHANGED) for name in files}
    outcomes = unchanged | {path: one for path, one in found.items() if path != MANIFEST}
    return [outcomes[name] for name in sorted(outcomes)]


def _missing(files: Mapping[str, str], loader: RuleLoader) -> Sequence[str]:
    """The files with a rule that is not in force as it is written."""
    loaded = loader.rules()
    return [name for name, text in files.items() if not loaded.issuperset(rules_in(text))]


def _write(
    rendered: Mapping[str, str], drift: Drift, folder: Documents, old: Mapping[str, str | None]
) -> None:
    try:
        folder.write(dict(rendered), remove=drift.removable)
    except Refused:  # half of them may be there
        _put_back(old, folder)
        raise


def _put_back(old: Mapping[str, str | None], folder: Documents) -> None:
    folder.write(
        {name: text for name, text in old.items() if text is not None},
        remove=[name for name, text in old.items() if text is None],
    )


def _reload_again(loader: RuleLoader) -> None:
    """With the old files, so that Prometheus does not report a failed reload for ever."""
    try:
        loader.reload()
    except ObservatoryError:  # what is wrong is not ours, or it does not answer: the first error tells
        return


def _explained(error: ObservatoryError, files: Mapping[str, str], loader: RuleLoader) -> ObservatoryError:
    """Prometheus itself says which file is wrong in its log only; asked for each expression, it tells."""
    message = f"{error}. The old rule files are back in place"
    if isinstance(error, Ambiguous):
        return Ambiguous(f"{message}; run the same again when Prometheus answers")
    if not isinstance(error, Refused):
        return type(error)(message)
    try:
        complaints = [
            f"{name}: group {rule.group}, {rule.name}: {complaint}"
            for name, text in files.items()
            for rule in rules_in(text)
            if (complaint := loader.complaint(rule.expr))
        ]
    except ObservatoryError:  # then without
        complaints = []
    if not complaints:
        return Refused(f"{message}. Its log says what is wrong", code=error.code)
    return Refused("\n  ".join([f"{message}. It refuses", *complaints]), code=error.code)
