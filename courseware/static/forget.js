// Where nobody is signed in, no register of a former visitor stays on the device to be read. Marks
// that were not sent yet stay: they wait for the one who made them.

if ("caches" in window) caches.delete("registers").catch(() => {});
