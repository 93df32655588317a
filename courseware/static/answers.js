// The answer form, made sure: shows how far it is, keeps what is typed on this device, and sends it
// when there is a network. Without this file it is a form that is sent once. A device forgets the
// answers as soon as the server has them.

const PREFIX = "courseware-answers:";
const FORMS = "feedback-forms";
const LONGEST = 30 * 24 * 60 * 60 * 1000;
const OURS = new Set(["csrf_token", "owner", "_key"]);

const form = document.querySelector("form[data-answers]");
if (form) begin(form);

function begin(form) {
  const address = location.pathname;
  const owner = form.elements.owner.value;
  const part = (name) => form.querySelector(`[data-${name}]`);
  const button = form.querySelector("button[type=submit]");
  let isSending = false;
  let pause = 5000;
  let timer = 0;

  // Keeping --------------------------------------------------------------------------------------

  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + owner));
    } catch {
      return null;
    }
  };
  const keep = (more = {}) => {
    const pairs = [...new FormData(form)].filter(([name]) => !OURS.has(name));
    const kept = {isWaiting: false, wasTried: false, ...read(), address, at: Date.now(), pairs, ...more};
    try {
      localStorage.setItem(PREFIX + owner, JSON.stringify(kept));
      part("kept").hidden = false;
    } catch {
      // A browser that keeps nothing sends at once, or says that there is no network.
    }
    return kept;
  };
  const forget = async () => {
    try {
      localStorage.removeItem(PREFIX + owner);
      if ("caches" in window) await (await caches.open(FORMS)).delete(address);
    } catch {
      // Nothing was kept.
    }
  };
  const forgetOld = () => {
    for (const name of Object.keys(localStorage).filter((each) => each.startsWith(PREFIX))) {
      const {at} = JSON.parse(localStorage.getItem(name));
      if (!(Date.now() - at < LONGEST)) localStorage.removeItem(name);
    }
  };
  const restore = (pairs) => {
    for (const control of form.elements) {
      if (!control.name || OURS.has(control.name)) continue;
      const values = pairs.filter(([name]) => name === control.name).map(([, value]) => value);
      if (control.type === "radio" || control.type === "checkbox") {
        control.checked = values.includes(control.value);
      } else if (control.matches("input, textarea, select")) {
        control.value = values[0] ?? "";
      }
    }
    form.dispatchEvent(new Event("change", {bubbles: true}));  // for what follows from an answer
  };

  // How far it is --------------------------------------------------------------------------------

  const isAnswered = (question) => [...question.querySelectorAll("input, textarea, select")].some(
    (control) => control.type === "radio" || control.type === "checkbox"
      ? control.checked : control.type !== "hidden" && control.value.trim());
  const count = () => {
    const questions = [...form.querySelectorAll(".answer-question, .matrix-row")]
      .filter((each) => !each.closest("[hidden]") && !each.querySelector(".matrix-row"));
    const done = questions.filter(isAnswered).length;
    const words = part("progress-words");
    words.textContent = words.dataset.text.replace("{done}", done).replace("{all}", questions.length);
    const bar = part("progress-bar").querySelector("progress");
    bar.max = questions.length || 1;
    bar.value = done;
    part("progress-bar").hidden = questions.length < 2;
  };

  // Sending --------------------------------------------------------------------------------------

  const show = (state) => {
    const panel = part("sending");
    panel.hidden = !state;
    button.disabled = state === "sending";
    for (const each of panel.querySelectorAll("[data-state]")) {
      each.hidden = each.dataset.state !== state;
    }
    if (state) panel.scrollIntoView({block: "nearest"});
  };
  const ask = (more) => fetch(address, {
    credentials: "same-origin", cache: "no-store", redirect: "manual",
    headers: {Accept: "application/json"}, signal: AbortSignal.timeout?.(20000), ...more,
  });
  const post = (pairs, csrf) => {
    const body = new URLSearchParams(pairs);
    body.set("owner", owner);
    body.set("csrf_token", csrf);
    return ask({method: "POST", body});
  };
  const deliver = async (pairs) => {
    let answer = await post(pairs, form.elements.csrf_token.value);
    if (answer.status === 400) {
      // The key of a page that stood open for long has run out: one more try with a fresh one.
      const fresh = await ask();
      if (fresh.type === "opaqueredirect") return {state: "other"};
      const now = await fresh.json();
      if (now.state !== "open") return now;
      if (now.owner !== owner) return {state: "other"};
      answer = await post(pairs, now.csrf);
    }
    if (answer.type === "opaqueredirect") return {state: "other"};
    if (answer.status === 413) return {state: "wrong"};
    return answer.json();  // whatever is no answer of ours counts as no network
  };
  const wait = () => {
    show("waiting");
    clearTimeout(timer);
    timer = setTimeout(send, pause);
    pause = Math.min(pause * 2, 60000);
  };
  async function send() {
    if (isSending) return;
    isSending = true;
    clearTimeout(timer);
    const wasTried = read()?.wasTried ?? false;
    const {pairs} = keep({isWaiting: true, wasTried: true});
    show("sending");
    try {
      await settle(await deliver(pairs), wasTried);
    } catch {
      wait();
    }
    isSending = false;
  }
  async function settle({state, next}, wasTried) {
    if (state === "stored" || (state === "given" && wasTried)) {
      // Given already, after a try whose answer was lost, is what that try did.
      await forget();
      location.replace(next);
    } else if (state === "given" || state === "closed") {
      await forget();
      location.reload();
    } else if (state === "wrong") {
      keep({isWaiting: false, wasTried});
      form.submit();  // the page that comes says what is to correct
    } else if (state === "other") {
      show("other");
    } else {
      wait();
    }
  }

  for (const kind of ["input", "change"]) {
    form.addEventListener(kind, (event) => {
      if (event.target !== form) keep();
      count();
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    pause = 5000;
    send();
  });
  part("again").addEventListener("click", send);
  const tryAgain = () => {
    if (read()?.isWaiting && document.visibilityState === "visible") send();
  };
  addEventListener("online", tryAgain);
  document.addEventListener("visibilitychange", tryAgain);

  try {
    forgetOld();
  } catch {
    // What cannot be read is not ours.
  }
  const kept = read();
  if (kept) {
    restore(kept.pairs);
    part("kept").hidden = false;
  }
  count();
  if (kept?.isWaiting) send();

  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register(form.dataset.worker)
      .then(() => navigator.serviceWorker.ready)
      .then(async () => {
        const cache = await caches.open(FORMS);
        if (await cache.match(address)) return;
        const assets = performance.getEntriesByType("resource").map((entry) => entry.name);
        const ours = assets.filter((name) => new URL(name).pathname.startsWith("/assets/"));
        await cache.addAll([address, ...new Set(ours)]);
      })
      .catch(() => {})  // without it the form works as long as the page is open
      .finally(() => {
        form.dataset.ready = "yes";
      });
  }
}
