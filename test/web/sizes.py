"""sizes.py - one view at every width and in both themes: what is wrong with it, and pictures if somebody wants them."""
import time

from browser import CONTRAST, NAMELESS, WIDE

SETTLE_S = 0.15  # until styles of a new width are in force

# What is looked for where: contrast depends on the theme, width on the width, names on neither.
SIZES = ((1440, False, (CONTRAST, WIDE, NAMELESS)), (1440, True, (CONTRAST,)), (768, False, (WIDE,)), (360, False, (CONTRAST, WIDE)), (360, True, ()))


def look(page, name):
    """The problems of the view that is shown."""
    b, problems = page.b, []
    for width, dark, scripts in SIZES:
        if not scripts and not b.shots:
            continue
        b.size(width, 844 if width == 360 else 900)
        b.dark(dark)
        time.sleep(SETTLE_S)
        theme = "dark" if dark else "light"
        problems += [f"{name} {width} {theme}: {p}" for script in scripts for p in b.js(script)]
        b.shot(f"{page.service.kind}-{name}-{width}-{theme}")
    b.size(1440)
    b.dark(False)
    return problems
