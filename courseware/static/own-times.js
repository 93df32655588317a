// Adds the viewer's own time beside the cohort's, only where the two differ.

const words = document.documentElement.lang || "en";
const own = new Intl.DateTimeFormat(words, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const ownDay = new Intl.DateTimeFormat("en-CA", { dateStyle: "short" });

function clock(zone, moment) {
  const there = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  });
  return there.format(moment);
}

function day(zone, moment) {
  return new Intl.DateTimeFormat("en-CA", { dateStyle: "short", timeZone: zone }).format(moment);
}

for (const times of document.querySelectorAll(".times[data-zone]")) {
  const zone = times.dataset.zone;
  const moments = [...times.querySelectorAll("time")].map((time) => new Date(time.dateTime));
  const here = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  if (moments.every((moment) => here.format(moment) === clock(zone, moment)
      && ownDay.format(moment) === day(zone, moment))) continue;
  const note = document.createElement("span");
  note.className = "own-times";
  let text = moments.map((moment) => own.format(moment)).join("–");
  if (ownDay.format(moments[0]) !== day(zone, moments[0])) {
    text = `${new Intl.DateTimeFormat(words, { weekday: "short" }).format(moments[0])} ${text}`;
  }
  note.textContent = times.dataset.own.replace("%(times)s", text);
  times.append(" ", note);
}
