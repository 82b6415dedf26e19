import {open} from '../../source/stores/open.ts';
import type {MakeApp} from './app.ts';
import {serve} from './koa-server-session.ts';

/** This library on the store of a URL, with its table made where it needs one. */
const make: MakeApp = async (_redis, url) => {
	const store = await open(url);
	if ('createTable' in store && typeof store.createTable === 'function') await store.createTable();
	return serve(store);
};

export default make;
