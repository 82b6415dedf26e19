// Prints what importing the root loads, Node's own modules apart.
import {registerHooks} from 'node:module';

const loaded = [];
registerHooks({
	load(url, context, next) {
		if (!url.startsWith('node:')) loaded.push(url);
		return next(url, context);
	},
});
await import('koa-server-session');
console.log(JSON.stringify(loaded));
