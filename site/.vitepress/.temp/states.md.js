import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse(`{"title":"A session's states","description":"","frontmatter":{"states":true},"headers":[],"relativePath":"states.md","filePath":"states.md"}`);
const _sfc_main = { name: "states.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="a-sessions-states" tabindex="-1">A session&#39;s states <a class="header-anchor" href="#a-sessions-states" aria-label="Permalink to &quot;A session&#39;s states&quot;">​</a></h1><p>Where the session of one request stands, what the client holds, and what the response tells it. Try what may happen: each button is something that your route, another request or the store does.</p></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("states.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const states = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  states as default
};
