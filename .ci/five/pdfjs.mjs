// Reads a number of pages and a path from each line of standard input and prints, for each,
// what pdf.js shows: a line of JSON with the text and the picture of those pages.
import { createInterface } from 'node:readline';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const require = createRequire(process.env.PDFJS + '/package.json');
const { createCanvas, DOMMatrix, ImageData, Path2D } = require('@napi-rs/canvas');
Object.assign(globalThis, { DOMMatrix, ImageData, Path2D });
const pdfjs = await import(process.env.PDFJS + '/node_modules/pdfjs-dist/legacy/build/pdf.mjs');
const scale = Number(process.env.DPI) / 72;

for await (const line of createInterface({ input: process.stdin })) {
  const [, last, path] = line.match(/^(\d+) (.*)$/);
  const out = { version: pdfjs.version, pages: [] };
  try {
    const data = new Uint8Array(await readFile(path));
    const doc = await pdfjs.getDocument({ data, verbosity: 0, isEvalSupported: false, disableFontFace: true, useSystemFonts: false }).promise;
    for (let i = 1; i <= Math.min(doc.numPages, Number(last)); i++) {
      const page = await doc.getPage(i);
      const text = (await page.getTextContent()).items.map((it) => it.str).join('\n');
      const viewport = page.getViewport({ scale });
      const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height));
      await page.render({ canvasContext: canvas.getContext('2d'), viewport }).promise;
      out.pages.push({ text, png: canvas.toBuffer('image/png').toString('base64') });
    }
    await doc.destroy();
  } catch (e) {
    out.error = String(e).slice(0, 200);
  }
  console.log(JSON.stringify(out));
}
