// Keeps the feedback forms that were opened on this device. Its place in the address, /feedback/, is
// all it answers for.

importScripts("./kept-pages.js");

const FORM = /^\/feedback\/(link\/[^/]+|[^/]+\/(answer|slip\/[^/]+))$/;

keepPages({
  cache: "feedback-forms", isPage: (path) => FORM.test(path), days: 30, assets: 40,
});
