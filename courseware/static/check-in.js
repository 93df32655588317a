// Check-in: keeps the wall's code fresh, and the trainer's list as it stands on the server.

const wall = document.querySelector("[data-wall]");
if (wall) {
  const part = (name) => wall.querySelector(`[data-${name}]`);
  const [code, qr, left, text] = ["code", "qr", "left", "text"].map(part);
  let wasOpen = Boolean(code.textContent);
  let ends = Date.now() + left.value * 1000;
  let waiting = 0;

  const ask = async () => {
    window.clearTimeout(waiting);
    let pause = 2000;
    try {
      const answer = await fetch(wall.dataset.wall, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const now = await answer.json();
      if (Boolean(now.code) !== wasOpen) {
        window.location.reload(); // it has opened or ended: the words beside change too
        return;
      }
      if (code.textContent !== now.code) {
        code.textContent = now.code;
        qr.innerHTML = now.qr;
      }
      ends = Date.now() + now.left * 1000;
      left.max = now.seconds;
      if (text.textContent !== now.text) text.textContent = now.text;
      pause = Math.min(now.left * 1000 + 100, 4000);
    } catch {
      // The code before the last is refused, so an old one must not stay on the wall.
      if (wasOpen && Date.now() > ends) {
        code.textContent = "";
        qr.replaceChildren();
        text.textContent = wall.dataset.lost;
      }
    }
    waiting = window.setTimeout(ask, pause);
  };
  window.setInterval(() => {
    left.value = Math.max(0, (ends - Date.now()) / 1000);
  }, 250);
  waiting = window.setTimeout(ask, Math.min(left.value * 1000 + 100, 4000));
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
}

const live = document.querySelector("[data-live]");
if (live) {
  const look = async () => {
    try {
      const answer = await fetch(window.location.href);
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-live]");
      // Hidden fields differ each time; only what people see counts as news.
      if (fresh && fresh.textContent !== live.textContent) {
        const focused = document.activeElement?.id;
        const isOpen = Boolean(live.querySelector("details[open]"));
        live.replaceChildren(...fresh.childNodes);
        if (isOpen) live.querySelector("details")?.setAttribute("open", "");
        if (focused) document.getElementById(focused)?.focus();
      }
    } catch {
      // The network comes and goes; the list stays as it was.
    }
    window.setTimeout(look, document.hidden ? 20000 : 4000);
  };
  window.setTimeout(look, 4000);
}
