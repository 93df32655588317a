"""The small pictures of the designs that a coordinator chooses from.

python -m scripts.design_pictures     into courseware/static/; after a change of a design
"""

import io
from dataclasses import replace
from pathlib import Path

import pypdfium2

from certificates import list_designs, open_press
from certificates.sample import RECIPIENTS, sample_facts

TARGET = Path(__file__).parent.parent / "courseware" / "static"
WIDTH = 300
LANGUAGES = ("en", "ru")


def main() -> None:
    """Print the sample in every design and keep its first page as a picture."""
    for design in list_designs():
        facts = replace(sample_facts(RECIPIENTS["usual"], LANGUAGES), design=design)
        document = pypdfium2.PdfDocument(open_press(design, LANGUAGES).print(facts))
        page = document[0]
        picture = page.render(scale=2 * WIDTH / page.get_width()).to_pil().reduce(2)
        target = io.BytesIO()
        picture.convert("P", palette=1, colors=10).save(target, "PNG", optimize=True)
        (TARGET / f"design-{design}.png").write_bytes(target.getvalue())


if __name__ == "__main__":
    main()
