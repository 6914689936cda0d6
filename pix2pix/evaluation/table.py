"""The scores as a Markdown table."""

from pix2pix.evaluation.evaluate import Evaluation
from pix2pix.evaluation.report import COLUMNS, number


def markdown(found: Evaluation) -> str:
    """Return one row per painter and one of the real photos."""
    columns = [column for column in COLUMNS if any(column.key in s for s in found.summaries.values())]
    titles = [f"{column.title} {'↑' if column.better > 0 else '↓'}" for column in columns]
    lines = ["| checkpoint | " + " | ".join(titles) + " |", "|---" + "|---:" * len(columns) + "|"]
    for name in [*found.painted, "real"]:
        values = [number(found.summaries[name].get(column.key), column.digits) for column in columns]
        lines.append(f"| {'real photos' if name == 'real' else name} | " + " | ".join(values) + " |")
    return "\n".join(lines)
