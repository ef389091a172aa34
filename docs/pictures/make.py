"""Make the pictures in docs/pictures again: python -m docs.pictures.make [SCENE…]

Each is what a real terminal shows at the end of a scene, as an SVG that needs no font and nothing
else from the network. Needs bash, tmux and rich (in the extra ``dev``).
"""

import io
import re
import sys
import tempfile
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from docs.pictures.scenes import COLUMNS, PICTURES, SCENES, played, title
from tests.integration.terminal import Terminal

THEME = TerminalTheme(
    (22, 27, 34),
    (230, 237, 243),
    [
        (72, 79, 88),
        (255, 123, 114),
        (63, 185, 80),
        (210, 153, 34),
        (88, 166, 255),
        (188, 140, 255),
        (57, 197, 207),
        (177, 186, 196),
    ],
)
FORMAT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}">
<style>
text {{ font: {char_height}px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", \
monospace; font-variant-ligatures: none; fill: #e6edf3 }}
.{unique_id}-title {{ font-size: 16px; fill: #8b949e }}
{styles}
</style>
<defs>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
{matrix}
</g>
</svg>
"""


def svg(name: str, terminal: Terminal) -> str:
    """What ``terminal`` shows, with its cursor, under a title."""
    column, row = terminal.cursor()
    lines = [*AnsiDecoder().decode(terminal.painted())]
    lines += [Text() for _ in range(row + 1 - len(lines))]
    lines[row].pad_right(column + 1 - len(lines[row]))
    lines[row].stylize("reverse", column, column + 1)
    console = Console(
        width=COLUMNS, record=True, file=io.StringIO(), force_terminal=True, no_color=False
    )
    for line in lines:
        console.print(line, end="\n" if line is not lines[-1] else "")
    made = console.export_svg(title=title(name), theme=THEME, code_format=FORMAT, unique_id=name)
    made = re.sub(r"<text [^>]*>\n</text>", "", made)  # rich draws the ends of lines, too
    return re.sub(r"(?<=>)(?=<text|<rect)", "\n", made)


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for name in sys.argv[1:] or SCENES:
        with tempfile.TemporaryDirectory() as folder, played(name, Path(folder)) as terminal:
            (PICTURES / f"{name}.svg").write_text(svg(name, terminal), encoding="utf-8")


if __name__ == "__main__":
    main()
