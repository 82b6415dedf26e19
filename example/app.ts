import Koa from 'koa';
import session, {type SessionMiddleware, type Store} from '../source/index.ts';
import {serveAssets} from './assets.ts';
import {showErrors} from './error-pages.ts';
import {readForms} from './form.ts';
import {secureHeaders} from './headers.ts';
import type {KeyFile} from './keys.ts';
import {observe} from './observed-store.ts';
import {createRoutes} from './routes.ts';
import {Trail} from './trail.ts';
import type {Visit} from './visit.ts';

/** The application, and its sessions to close at the end. */
export type Example = {
	readonly app: Koa;
	readonly sessions: SessionMiddleware<Visit>;
};

/** Puts the application together. What a request passes first stands first. */
export const createApp = (store: Store, keyFile: KeyFile): Example => {
	const app = new Koa();
	app.keys = [...keyFile.keys];

	const trail = new Trail();
	const sessions = session<Visit>(app, {store: observe(store, call => trail.count(call))});
	const router = createRoutes({store, keyFile, trail});

	app.use(secureHeaders);
	app.use(serveAssets);
	app.use(trail.follow());
	app.use(showErrors);
	app.use(sessions);
	app.use(readForms);
	app.use(router.routes());
	app.use(router.allowedMethods());

	return {app, sessions};
};
