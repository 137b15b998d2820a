// Who is measured in Node: long-lived, lines in and out as in bench/subjects.py.
// node subjects.mjs NAME FOLDER SEAL.png; the working folder is the one that holds node_modules.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PASSWORD = "bench";
const SEAL = { x: 400, y: 120, width: 113.4, height: 113.4 };
// On every page the seal reaches over the right edge, so that a strip of it shows.
const STRIP = { x: 585, y: 360, width: 113.4, height: 113.4 };

const [name, folder, sealFile] = process.argv.slice(2);
const installed = createRequire(join(process.cwd(), "package.json"));
const load = async (wanted) => import(pathToFileURL(resolved(wanted)).href);
const p12 = readFileSync(join(folder, "key.p12"));
const png = readFileSync(sealFile);

function resolved(wanted) {
  try {
    return installed.resolve(wanted);
  } catch {
    // A package that is for `import` only names its entry there.
    const home = join(process.cwd(), "node_modules", wanted);
    const entry = JSON.parse(readFileSync(join(home, "package.json"), "utf8")).exports["."];
    const path = typeof entry === "string" ? entry : (entry.import?.default ?? entry.import ?? entry.default);
    return join(home, path);
  }
}

async function libpdf() {
  const { PDF, P12Signer } = await load("@libpdf/core");
  const signer = await P12Signer.create(p12, PASSWORD, { buildChain: false });
  return async (document) => {
    const pdf = await PDF.load(document);
    const seal = pdf.embedPng(png);
    const pages = pdf.getPages();
    pages[pages.length - 1].drawImage(seal, SEAL);
    if (pages.length > 1) for (const page of pages) page.drawImage(seal, STRIP);
    const signed = await pdf.sign({ signer, fieldName: "bench" });
    return signed.bytes ?? signed;
  };
}

async function signpdf() {
  const { PDFDocument } = await load("pdf-lib");
  const { pdflibAddPlaceholder } = await load("@signpdf/placeholder-pdf-lib");
  const { SignPdf } = await load("@signpdf/signpdf");
  const { P12Signer } = await load("@signpdf/signer-p12");
  const { SUBFILTER_ETSI_CADES_DETACHED } = await load("@signpdf/utils");
  return async (document) => {
    const pdfDoc = await PDFDocument.load(document);
    const seal = await pdfDoc.embedPng(png);
    const pages = pdfDoc.getPages();
    pages[pages.length - 1].drawImage(seal, SEAL);
    if (pages.length > 1) for (const page of pages) page.drawImage(seal, STRIP);
    pdflibAddPlaceholder({
      pdfDoc,
      pdfPage: pages[pages.length - 1],
      reason: "",
      contactInfo: "",
      name: "Zhang Wei",
      location: "",
      signatureLength: 8192,
      subFilter: SUBFILTER_ETSI_CADES_DETACHED,
    });
    const placed = Buffer.from(await pdfDoc.save({ useObjectStreams: false }));
    return new SignPdf().sign(placed, new P12Signer(p12, { passphrase: PASSWORD }));
  };
}

const work = await { libpdf, signpdf }[name]();
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer;
  try {
    const cpu = process.cpuUsage();
    const wall = performance.now();
    writeFileSync(asked.to, await work(readFileSync(asked.from)));
    const used = process.cpuUsage(cpu);
    answer = { cpu_ms: (used.user + used.system) / 1000, wall_ms: performance.now() - wall };
  } catch (error) {
    answer = { error: String(error?.message ?? error).slice(0, 300) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
