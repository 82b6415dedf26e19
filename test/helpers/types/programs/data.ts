// The session data of `commonjs.cts` and `esm.mts`: one declaration holds for both formats.
import 'koa-server-session';

declare module 'koa-server-session' {
	interface SessionData {
		user?: string;
	}
}
