// Reads and verifies the payload of a QR code on this device alone: see docs/offline-payload.md.

const LETTERS = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдежзийклмнопрстуфхцчшщъыьэюяЁёӘәҒғҚқҢңӨөҰұҮүҺһІіӢӣӮӯҲҳҶҷ«»–—…’“”№·ʼ\u00a0ÄäÖöÜüÉéÇçŞşĞğİıÑñÁáÍíÓó";
const CONTEXT = new TextEncoder().encode("courseware offline 1\0");
const HEADER = 17;
const SIGNATURE = 64;
const NOTHING = 0xffff;

const page = document.querySelector("#offline");
const part = name => page.querySelector("#" + name);

function bytesOf(base32) {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bytes = [];
  let bits = 0, value = 0;
  for (const letter of base32) {
    const digit = alphabet.indexOf(letter);
    if (digit < 0) throw new RangeError("not base32");
    value = ((value << 5) | digit) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Uint8Array.from(bytes);
}

function textOf(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 1) {
      text += String.fromCodePoint((bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]);
      at += 3;
    } else {
      text += byte < 0x80 ? String.fromCharCode(byte) : LETTERS[byte - 0x80] ?? "\ufffd";
    }
  }
  return text;
}

function read(payload) {
  const data = bytesOf(payload);
  if (data.length < HEADER + 5 + SIGNATURE || data[0] !== 1) throw new RangeError("no payload");
  const body = data.slice(0, -SIGNATURE);
  const view = new DataView(body.buffer);
  const texts = [];
  let at = HEADER;
  for (let count = 0; count < 5; count += 1) {
    const end = at + 1 + body[at];
    if (!(end <= body.length)) throw new RangeError("cut short");
    texts.push(textOf(body.slice(at + 1, end)));
    at = end;
  }
  if (at !== body.length) throw new RangeError("too long");
  const day = place => new Date(Date.UTC(2000, 0, 1 + view.getUint16(place)));
  return {
    key: [...body.slice(1, 5)].map(byte => byte.toString(16).padStart(2, "0")).join(""),
    isStatement: body[5] === 1,
    issued: day(6), from: day(8), to: day(10),
    minutes: view.getUint16(12), hour: body[14], credited: view.getUint16(15),
    number: texts[0], names: texts.slice(1, 3).filter(Boolean), programme: texts[3], issuers: texts[4],
    signed: Uint8Array.from([...CONTEXT, ...body]), signature: data.slice(-SIGNATURE),
  };
}

async function isSigned(facts) {
  const known = JSON.parse(page.dataset.keys).find(key => key.id === facts.key);
  if (!known) return false;
  const raw = Uint8Array.from(known.key.match(/../g), pair => parseInt(pair, 16));
  const key = await crypto.subtle.importKey("raw", raw, {name: "Ed25519"}, false, ["verify"]);
  return crypto.subtle.verify({name: "Ed25519"}, key, facts.signature, facts.signed);
}

function show(name, facts) {
  for (const one of ["good", "wrong", "unreadable", "unable"]) part(one).hidden = one !== name;
  part("statement").hidden = !(name === "good" && facts.isStatement);
  if (name !== "good") return;
  const months = JSON.parse(page.dataset.months);
  const date = {
    format: day => months[day.getUTCMonth()]
      .replace("{d}", day.getUTCDate()).replace("{y}", day.getUTCFullYear()),
  };
  const figure = new Intl.NumberFormat([document.documentElement.lang, "ru"], {maximumFractionDigits: 2, roundingMode: "trunc"});
  const hours = (where, minutes) => {
    const text = where.dataset.text.replace("{hours}", figure.format(minutes / facts.hour));
    where.textContent = text.replace("{minutes}", facts.hour);
  };
  part("names").textContent = facts.names.join(" · ");
  part("programme").textContent = facts.programme;
  hours(part("hours"), facts.minutes);
  part("credited").parentElement.hidden = facts.credited === NOTHING;
  hours(part("credited"), facts.credited);
  part("held").textContent = +facts.from === +facts.to
    ? date.format(facts.from)
    : `${date.format(facts.from)} – ${date.format(facts.to)}`;
  part("issuers").textContent = facts.issuers.replaceAll("+", " · ");
  part("issued").textContent = date.format(facts.issued);
  part("number").textContent = facts.number;
}

async function verify(text) {
  const payload = text.trim().split("#").pop().replace(/\s/g, "").toUpperCase();
  let facts;
  try {
    facts = read(payload);
  } catch {
    return show("unreadable");
  }
  try {
    show(await isSigned(facts) ? "good" : "wrong", facts);
  } catch {
    show("unable");
  }
}

part("read").addEventListener("submit", event => {
  event.preventDefault();
  verify(part("payload").value);
});
const fromAddress = () => location.hash.length > 100 && verify(location.hash);
addEventListener("hashchange", fromAddress);
fromAddress();

if ("serviceWorker" in navigator) {
  navigator.serviceWorker.register(page.dataset.worker)
    .then(() => navigator.serviceWorker.ready)
    .then(() => { part("kept").hidden = false; })
    .catch(() => {});  // without it the page works as long as it is open
}
