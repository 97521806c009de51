#!/usr/bin/python3
"""Builds the two embedded faces of internal/font.

    song.ttf.gz  Noto Serif CJK SC Regular: GB 2312, the 8,105 characters of
                 通用规范汉字表 (tongyong.txt), Latin, punctuation and marks
    sans.ttf.gz  Liberation Sans Regular, ASCII only, renamed "DJQ Sans" because
                 its licence reserves the name Liberation

Needs the Debian packages fonts-noto-cjk, fonts-liberation2 and
python3-fonttools. Run it from internal/font with `go generate`. The same
packages give the same bytes.
"""

import gzip
import io
import pathlib

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

HERE = pathlib.Path(__file__).resolve().parent
FONTS = pathlib.Path("/usr/share/fonts")
SONG = FONTS / "opentype/noto/NotoSerifCJK-Regular.ttc"
SONG_SC = 2  # face index of the Simplified Chinese forms
SANS = FONTS / "truetype/liberation2/LiberationSans-Regular.ttf"

MAX_ERROR = 1.0  # font units (1/1000 em): how far a quadratic may leave the cubic

# Every name that a licence or a PDF reader asks for: copyright, family, style,
# unique id, full name, version, PostScript name, licence, licence URL.
NAME_IDS = [0, 1, 2, 3, 4, 5, 6, 13, 14]

RANGES = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00FF),  # Latin-1
    (0x2010, 0x2027),  # general punctuation; 2028–202E (bidi marks) stay out
    (0x2030, 0x205E),
    (0x20AC, 0x20AC),  # €
    (0x2100, 0x214F),  # ℃ № ™
    (0x2160, 0x217B),  # Ⅰ Ⅱ ⅰ ⅱ
    (0x2190, 0x2199),  # arrows
    (0x2200, 0x22FF),  # mathematical operators
    (0x2460, 0x249B),  # ① ⑴ ⒈
    (0x2500, 0x257F),  # box drawing
    (0x25A0, 0x25FF),  # geometric shapes
    (0x2605, 0x2606),  # ★ ☆
    (0x2713, 0x2717),  # ✓ ✗
    (0x3000, 0x303F),  # CJK punctuation
    (0x3200, 0x32FF),  # ㈠ ㊣
    (0x3300, 0x33FF),  # ㎡ ㎏
    (0xFE30, 0xFE4F),  # vertical punctuation
    (0xFF01, 0xFF5E),  # full-width ASCII
    (0xFFE0, 0xFFE6),  # full-width currency
]


def tongyong():
    """The 8,105 characters of 通用规范汉字表 (国发〔2013〕23号)."""
    text = (HERE / "tongyong.txt").read_text(encoding="utf-8")
    chars = {c for line in text.splitlines() if not line.startswith("#") for c in line}
    if len(chars) != 8105 or not set("堃喆昇珺") <= chars:
        raise SystemExit(f"tongyong.txt holds {len(chars)} characters, not the table's 8105")
    return {ord(c) for c in chars}


def gb2312():
    """The 6,763 characters of GB 2312-80, levels 1 and 2."""
    cells = [
        bytes([row, col])
        for row in range(0xB0, 0xF8)
        for col in range(0xA1, 0xFF)
        if not (row == 0xD7 and col > 0xF9)
    ]
    if len(cells) != 6763:
        raise SystemExit(f"GB 2312 has 6763 characters, not {len(cells)}")
    return {ord(c.decode("gb2312")) for c in cells}


def cut(font, codes):
    """Keeps the glyphs of codes and nothing that only layout engines read."""
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.desubroutinize = True
    options.name_IDs = NAME_IDS
    options.name_languages = [0x409]
    options.notdef_outline = True
    options.drop_tables += ["BASE", "GPOS", "GSUB", "GDEF", "VORG", "vhea", "vmtx", "DSIG", "kern", "gasp", "FFTM"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=codes)
    cutter.subset(font)
    font["post"].formatType = 3.0


def to_truetype(font):
    """Replaces cubic CFF outlines by quadratic glyf outlines."""
    order = font.getGlyphOrder()
    source = font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(source)
        source[name].draw(Cu2QuPen(pen, MAX_ERROR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    del font["CFF "]
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder = order
    glyf.glyphs = glyphs
    font["loca"] = newTable("loca")
    for name in order:
        advance, _ = font["hmtx"][name]
        glyph = glyphs[name]
        glyph.recalcBounds(glyf)
        font["hmtx"][name] = (advance, getattr(glyph, "xMin", 0))
    maxp = font["maxp"] = newTable("maxp")
    maxp.tableVersion = 0x00010000
    for field in (
        "maxTwilightPoints maxStorage maxFunctionDefs maxInstructionDefs "
        "maxStackElements maxSizeOfInstructions maxComponentElements"
    ).split():
        setattr(maxp, field, 0)
    maxp.maxZones = 1
    maxp.numGlyphs = len(order)
    font.sfntVersion = "\000\001\000\000"


def rename(font, family):
    """Gives font a name that no licence reserves."""
    names = {1: family, 2: "Regular", 3: family, 4: family, 6: family.replace(" ", "")}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
        elif record.nameID in (7, 16, 17):
            font["name"].names.remove(record)


def write(font, target):
    font.recalcTimestamp = False
    raw = io.BytesIO()
    font.save(raw, reorderTables=True)
    with open(target, "wb") as out, gzip.GzipFile("", "wb", 9, out, mtime=0) as packed:
        packed.write(raw.getvalue())
    print(f"{target.name}: {len(font.getGlyphOrder())} glyphs, "
          f"{len(raw.getvalue())} bytes, {target.stat().st_size} packed")


def main():
    codes = tongyong() | gb2312()
    for first, last in RANGES:
        codes |= set(range(first, last + 1))
    song = TTFont(SONG, fontNumber=SONG_SC, lazy=True)
    lost = (tongyong() | gb2312()) - set(song.getBestCmap())
    if lost:
        raise SystemExit("the source face lacks " + "".join(map(chr, sorted(lost))))
    cut(song, codes)
    to_truetype(song)
    write(song, HERE.parent / "song.ttf.gz")

    sans = TTFont(SANS)
    cut(sans, set(range(0x20, 0x7F)))
    rename(sans, "DJQ Sans")
    write(sans, HERE.parent / "sans.ttf.gz")


if __name__ == "__main__":
    main()
