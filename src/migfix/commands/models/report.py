"""The output of ``migfix models``."""

from __future__ import annotations

from pathlib import Path

from migfix.commands.models.lazy import Lazy
from migfix.findings.words import counted
from migfix.report.text import shown


def render_lazy(found: Lazy, start: Path, is_written: bool) -> str:
    """Every import that is removed, every cycle that remains with the reasons, and a summary line."""
    lines = []
    for target in found.targets:
        each = target.imported
        where = shown(each.path, start)
        lines.append(
            f"{where}:{each.line}: {each.name} is only used in relations, and its module imports this one in turn."
        )
        lines.append(f"  fix: use the string {target.label!r} and remove the import.")
    for ring in found.left:
        lines.append(f"can't fix: {' and '.join(shown(path, start) for path in ring)} import each other.")
        for kept in found.kept:
            if kept.imported.path in ring:
                lines.append(f"  {shown(kept.imported.path, start)}:{kept.imported.line}: {kept.why}.")
    count = len(found.after)
    verb = "rewritten" if is_written else "would be rewritten"
    files = f"{counted(count, 'file')} {verb}" if count else ""
    left = (
        f"{len(found.left)} cycle{'s need' if len(found.left) != 1 else ' needs'} your decision" if found.left else ""
    )
    lines.append(", ".join(filter(None, [files, left])) or "nothing to do")
    return "".join(f"{line}\n" for line in lines)
