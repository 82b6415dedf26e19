import { ssrRenderAttrs } from "vue/server-renderer";
import { useSSRContext } from "vue";
import { _ as _export_sfc } from "./plugin-vue_export-helper.1tPrXgE0.js";
const __pageData = JSON.parse('{"title":"API","description":"","frontmatter":{},"headers":[],"relativePath":"api/index.md","filePath":"api/index.md"}');
const _sfc_main = { name: "api/index.md" };
function _sfc_ssrRender(_ctx, _push, _parent, _attrs, $props, $setup, $data, $options) {
  _push(`<div${ssrRenderAttrs(_attrs)}><h1 id="api" tabindex="-1">API <a class="header-anchor" href="#api" aria-label="Permalink to &quot;API&quot;">​</a></h1><h2 id="modules" tabindex="-1">Modules <a class="header-anchor" href="#modules" aria-label="Permalink to &quot;Modules&quot;">​</a></h2><ul><li><a href="./codecs/compress.html">codecs/compress</a></li><li><a href="./codecs/encrypt.html">codecs/encrypt</a></li><li><a href="./codecs/msgpack.html">codecs/msgpack</a></li><li><a href="./codecs/schema.html">codecs/schema</a></li><li><a href="./index-1.html">index</a></li><li><a href="./moving/express-session.html">moving/express-session</a></li><li><a href="./moving/flash.html">moving/flash</a></li><li><a href="./moving/koa-generic-session.html">moving/koa-generic-session</a></li><li><a href="./moving/koa-session.html">moving/koa-session</a></li><li><a href="./stores/dynamodb.html">stores/dynamodb</a></li><li><a href="./stores/express.html">stores/express</a></li><li><a href="./stores/filesystem.html">stores/filesystem</a></li><li><a href="./stores/memcached.html">stores/memcached</a></li><li><a href="./stores/memory.html">stores/memory</a></li><li><a href="./stores/mongodb.html">stores/mongodb</a></li><li><a href="./stores/open.html">stores/open</a></li><li><a href="./stores/redis.html">stores/redis</a></li><li><a href="./stores/sql.html">stores/sql</a></li><li><a href="./testing.html">testing</a></li><li><a href="./transports/cookie.html">transports/cookie</a></li><li><a href="./transports/header.html">transports/header</a></li></ul></div>`);
}
const _sfc_setup = _sfc_main.setup;
_sfc_main.setup = (props, ctx) => {
  const ssrContext = useSSRContext();
  (ssrContext.modules || (ssrContext.modules = /* @__PURE__ */ new Set())).add("api/index.md");
  return _sfc_setup ? _sfc_setup(props, ctx) : void 0;
};
const index = /* @__PURE__ */ _export_sfc(_sfc_main, [["ssrRender", _sfc_ssrRender]]);
export {
  __pageData,
  index as default
};
