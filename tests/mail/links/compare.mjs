// compare.mjs PRINT_LINKS FOLDER: the finder of links against parse5-sax-parser, on the files of this
// folder, on broken copies of them, and on all named character references. Ends with 77 when the package is not there; to have it:
//
//   npm install --prefix build/node parse5-sax-parser@8
//
// Left out: sources with noscript, which parse5 takes for raw text, and with svg or math, where it
// follows other rules.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [printLinks, folder] = process.argv.slice(2);
let SAXParser;
try {
  const found = createRequire(join(resolve(folder), 'x.js')).resolve('parse5-sax-parser');
  ({ SAXParser } = await import(pathToFileURL(found)));
} catch {
  console.log(`skipped: no parse5-sax-parser in ${folder}`);
  process.exit(77);
}

// Octets are characters here, so that offsets are octets.
const read = (path) => readFileSync(path, 'latin1');
const ascii = (text) => /^[\x00-\x7f]*$/.test(text);

function tokens(html, onTag, onComment) {
  const parser = new SAXParser({ sourceCodeLocationInfo: true });
  parser.on('startTag', onTag);
  parser.on('comment', onComment);
  parser.end(html);
  return new Promise((done) => parser.on('end', done).resume());
}

// The rules again, CLICK-3 to CLICK-6, on what parse5 says.
function linkOf(html, base, tag) {
  const href = tag.attrs.find((attribute) => attribute.name === 'href');
  if (tag.tagName !== 'a' || !href) return null;
  const place = tag.sourceCodeLocation.attrs.href;
  const source = html.slice(place.startOffset, place.endOffset);
  const quoted = /^href=(["'])([^]*)\1$/i.exec(source);
  if (!quoted || !/^https?:\/\//i.test(href.value) || /[\x00-\x1f\x7f]/.test(href.value)) return null;
  const has = (name, value) =>
    tag.attrs.some((a) => a.name === name && a.value.toLowerCase() === value);
  return {
    begin: base + place.startOffset + 6,
    // A NUL is U+FFFD to parse5, and then no control character.
    hidden: quoted[2].includes('\0'),
    text: ascii(quoted[2]) ? quoted[1] + href.value + quoted[1] : null,
    exempt: has('clicktracking', 'off'),
    universal: has('universal', 'true'),
  };
}

async function linksOf(html) {
  const out = [];
  const comments = [];
  const add = (source, base) => (tag) => {
    const link = linkOf(source, base, tag);
    if (link && !link.hidden) out.push(link);
  };
  await tokens(html, add(html, 0), (comment) => comments.push(comment.sourceCodeLocation));
  for (const { startOffset, endOffset } of comments) {
    const comment = html.slice(startOffset, endOffset);
    const inside = /^<!--\[if[^]*?\]>([^]*)--!?>$/i.exec(comment);
    if (!inside) continue;
    const at = comment.indexOf(']>') + 2;
    await tokens(inside[1], add(inside[1], startOffset + at), () => {});
  }
  return out.sort((a, b) => a.begin - b.begin);
}

function escaped(text) {
  const octets = Buffer.from(text, 'utf8');
  return [...octets]
    .map((c) => (c > 0x20 && c < 0x7f && c !== 0x5c
      ? String.fromCharCode(c)
      : `\\x${c.toString(16).toUpperCase().padStart(2, '0')}`))
    .join('');
}

const comparable = (html) =>
  !/noscript|<svg|<math/i.test(html) &&
  !/clicktracking[^>]*clicktracking|universal[^>]*universal/i.test(html);

// xorshift: the same sources in every run.
let state = 20251104;
function random(below) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}
const pieces = ['<', '>', '"', "'", '=', '<!--', '-->', '--!>', '<!--[if mso]>', '<![endif]-->', '<a ',
  '</a>', ' href="http://x/"', '&amp;', '&', '&#', ' clicktracking=off', '<title>', '</title>',
  '<script>', '</script>', '<style>', '<textarea>', '/', ' ', '\n', '\0', '<?', '<!', '</'];
function broken(html) {
  let out = html.length > 4000 ? html.slice(random(html.length - 4000)).slice(0, 4000) : html;
  for (let i = random(6); i >= 0 && out.length > 0; --i) {
    const at = random(out.length);
    out = random(2)
      ? out.slice(0, at) + out.slice(at + 1 + random(8))
      : out.slice(0, at) + pieces[random(pieces.length)] + out.slice(at);
  }
  return out;
}

// Every name of our table, in the places where a reference ends differently.
function namesAsLinks() {
  const table = read(join(here, '../../../lib/mail/character_reference_names.inc'));
  const names = [...table.matchAll(/\{"(\w+)"/g)].map((match) => match[1]);
  if (names.length !== 2125) throw new Error(`${names.length} names`);
  return names
    .flatMap((name) => [';', '', '=', 'x', ' ', '&'].map((next) => `&${name}${next}`))
    .map((text) => `<a href="http://a/${text}">`)
    .join('\n');
}

const here = dirname(fileURLToPath(import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'links-'));
let compared = 0, links = 0, different = 0;
try {
  const sources = new Map();
  const names = readdirSync(here).filter((name) => name.endsWith('.html'));
  for (const name of names) sources.set(join(here, name), read(join(here, name)));
  const references = join(work, 'references.html');
  writeFileSync(references, namesAsLinks(), 'latin1');
  sources.set(references, namesAsLinks());
  for (let i = 0; i < 3000; ++i) {
    const path = join(work, `${i}.html`);
    const html = broken(sources.get(join(here, names[random(names.length)])));
    writeFileSync(path, html, 'latin1');
    sources.set(path, html);
  }
  const all = [...sources.keys()];
  for (let i = 0; i < all.length; i += 500) {
    const printed = execFileSync(printLinks, all.slice(i, i + 500), {
      encoding: 'utf8', maxBuffer: 1 << 28 });
    for (const part of printed.split(/^# /m).slice(1)) {
      const [path, ...lines] = part.trimEnd().split('\n');
      const html = sources.get(path);
      if (!comparable(html)) continue;
      const ours = lines.map((line) => line.replace(/ cut .*/, ''));
      const theirs = (await linksOf(html)).map((link, at) => {
        const flags = (link.exempt ? ' exempt' : '') + (link.universal ? ' universal' : '');
        if (link.text !== null) return `${link.begin} ${escaped(link.text)}${flags}`;
        return ours[at]?.startsWith(`${link.begin} `) ? ours[at] : `${link.begin} ...${flags}`;
      });
      ++compared;
      links += theirs.length;
      if (ours.join('\n') === theirs.join('\n')) continue;
      ++different;
      console.log(`${basename(path)} differs\nours:\n${ours.join('\n')}\nparse5:\n${
        theirs.join('\n')}\nsource: ${JSON.stringify(html.slice(0, 3000))}`);
      if (different > 5) break;
    }
    if (different > 5) break;
  }
} finally {
  rmSync(work, { recursive: true });
}
console.log(`${compared} sources, ${links} links, ${different} sources differ`);
process.exit(different === 0 && compared > 1000 ? 0 : 1);
