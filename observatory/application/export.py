"""Write the files of an export, and remove those of an earlier one that nobody has touched."""

from collections.abc import Mapping

from observatory.application.generate import MANIFEST, Drift, compare, manifest
from observatory.application.ports import Documents


def export(files: Mapping[str, str], folder: Documents) -> Drift:
    """Write what differs; the manifest beside the files remembers what is ours.

    Returns:
        What differed before.
    """
    rendered = {**files, MANIFEST: manifest(files)}
    drift = compare(rendered, folder.read())
    stale = {difference.path for difference in drift.differences}
    folder.write(
        {path: text for path, text in rendered.items() if path in stale or path == MANIFEST},
        remove=drift.removable,
    )
    return drift
