"""Asks five readers what they show before and after an update: compare.py DIR

DIR holds the files and pairs.tsv: before, after, grade, and the widgets that the
report names, each as page,x,y,width,height in mm from the page's top left corner,
separated by blanks. What a reader shows, as text and as a picture, is the same
before and after; where the grade is "sign", it differs only in those widgets.
"""
import base64
import io
import json
import os
import subprocess
import sys
import time

import pymupdf
import pypdfium2
from PIL import Image, ImageChops, ImageDraw

DPI = 36
PAGES = 2  # at least; with a widget further on, all up to that
where = sys.argv[1]


def pictures(ppm):
    """The pictures of a file of several, in the binary form of PPM."""
    out, at = [], 0
    while at < len(ppm):
        fields = []
        while len(fields) < 4:
            end = ppm.index(b'\n', at)
            fields += ppm[at:end].split(b'#')[0].split()
            at = end + 1
        w, h = int(fields[1]), int(fields[2])
        out.append(Image.frombytes('RGB', (w, h), ppm[at:at + 3 * w * h]))
        at += 3 * w * h
    return out


def poppler(path, last):
    text = subprocess.run(['pdftotext', '-q', '-l', str(last), path, '-'], capture_output=True, check=False).stdout.decode('utf-8', 'replace')
    ppm = subprocess.run(['pdftoppm', '-q', '-r', str(DPI), '-l', str(last), path], capture_output=True, check=False).stdout
    return text.split('\f'), pictures(ppm)


def mupdf(path, last):
    with pymupdf.open(path) as doc:
        texts, pages = [], []
        for page in doc.pages(0, min(last, doc.page_count)):
            texts.append(page.get_text())
            pix = page.get_pixmap(dpi=DPI)
            pages.append(Image.frombytes('RGB', (pix.width, pix.height), pix.samples))
        return texts, pages


def pdfium(path, last):
    doc = pypdfium2.PdfDocument(path)
    doc.init_forms()
    texts, pages = [], []
    for i in range(min(last, len(doc))):
        page = doc[i]
        texts.append(page.get_textpage().get_text_range())
        pages.append(page.render(scale=DPI / 72, may_draw_forms=True).to_pil().convert('RGB'))
    doc.close()
    return texts, pages


def ghostscript(path, last):
    args = ['gs', '-q', '-dNOPAUSE', '-dBATCH', '-dSAFER', '-sstdout=%stderr', f'-dLastPage={last}']
    text = subprocess.run(args + ['-sDEVICE=txtwrite', '-sOutputFile=-', path], capture_output=True, check=False, timeout=60).stdout
    ppm = subprocess.run(args + ['-sDEVICE=ppmraw', f'-r{DPI}', '-sOutputFile=-', path], capture_output=True, check=False, timeout=60).stdout
    return [text.decode('utf-8', 'replace')], pictures(ppm)


class PDFJS:
    """One process of pdf.js that answers in turn."""

    def __init__(self):
        here = os.path.dirname(os.path.abspath(__file__))
        self.node = subprocess.Popen(['node', os.path.join(here, 'pdfjs.mjs')], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                     env={**os.environ, 'DPI': str(DPI)}, text=True)
        self.version = '?'

    def __call__(self, path, last):
        self.node.stdin.write(f'{last} {path}\n')
        self.node.stdin.flush()
        out = json.loads(self.node.stdout.readline())
        self.version = out['version']
        if 'error' in out:
            raise ValueError(out['error'])
        return ([p['text'] for p in out['pages']],
                [Image.open(io.BytesIO(base64.b64decode(p['png']))).convert('RGB') for p in out['pages']])


pdfjs = PDFJS()
READERS = {'poppler': poppler, 'MuPDF': mupdf, 'pdf.js': pdfjs, 'Ghostscript': ghostscript, 'PDFium': pdfium}
cache, seconds = {}, dict.fromkeys(READERS, 0.0)


def show(reader, path, last, keep):
    if (reader, path, last) in cache:
        return cache[reader, path, last]
    start = time.monotonic()
    try:
        out = READERS[reader](path, last)
    except Exception as e:  # pylint: disable=broad-except
        out = ([f'{type(e).__name__}: {str(e)[:120]}'], [])
    seconds[reader] += time.monotonic() - start
    if keep:
        cache[reader, path, last] = out
    return out


def masked(page, number, widgets):
    page = page.copy()
    draw = ImageDraw.Draw(page)
    mm = DPI / 25.4
    for on, x, y, w, h in widgets:
        if on == number:
            draw.rectangle([x * mm - 2, y * mm - 2, (x + w) * mm + 2, (y + h) * mm + 2], fill='white')
    return page


def differ(before, after, widgets, signed):
    (text1, pages1), (text2, pages2) = before, after
    if not signed and text1 != text2:
        return 'the text'
    if len(pages1) != len(pages2):
        return f'{len(pages1)} pages and {len(pages2)}'
    if not pages1:
        return 'nothing, before and after'
    for i, (a, b) in enumerate(zip(pages1, pages2), 1):
        if a.size != b.size:
            return f'the size of page {i}'
        if ImageChops.difference(masked(a, i, widgets), masked(b, i, widgets)).getbbox():
            return f'the picture of page {i}'
    return None


count = bad = 0
for line in open(os.path.join(where, 'pairs.tsv'), encoding='utf-8'):
    before, after, grade, rects = line.rstrip('\n').split('\t')
    widgets = [(int(p), *map(float, r)) for p, *r in (w.split(',') for w in rects.split())]
    last = max([PAGES] + [w[0] for w in widgets])
    count += 1
    for reader in READERS:
        what = differ(show(reader, os.path.join(where, before), last, True), show(reader, os.path.join(where, after), last, False), widgets, grade == 'sign')
        if what:
            bad += 1
            print(f'{after}: accepted with {grade}, and {reader} shows another thing: {what}')
versions = {
    'poppler': subprocess.run(['pdftotext', '-v'], capture_output=True, text=True, check=False).stderr.split()[2],
    'MuPDF': pymupdf.mupdf_version if hasattr(pymupdf, 'mupdf_version') else pymupdf.VersionFitz,
    'pdf.js': pdfjs.version,
    'Ghostscript': subprocess.run(['gs', '--version'], capture_output=True, text=True, check=False).stdout.strip(),
    'PDFium': str(pypdfium2.PDFIUM_INFO).split('@')[0],
}
for reader in READERS:
    print(f'{reader} {versions[reader]}: {seconds[reader]:.0f} s')
print(f'{count} updates in five readers, {bad} differences')
sys.exit(bad > 0 or count == 0)
