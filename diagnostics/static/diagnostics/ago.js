// Keeps relative times true while a page stays open; the exact time is in the title.

const UNITS = [
  ["day", 86400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", {
  numeric: "always",
  style: "narrow",
});
const soon = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

function relative(moment) {
  const seconds = Math.round((moment - Date.now()) / 1000);
  if (Math.abs(seconds) < 5) return soon.format(0, "second");
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  return words.format(Math.trunc(seconds / length), unit);
}

export function refreshTimes() {
  for (const time of document.querySelectorAll("time.dx-time")) {
    const text = relative(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

refreshTimes();
setInterval(refreshTimes, 5000);
