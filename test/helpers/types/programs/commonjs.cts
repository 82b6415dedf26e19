// An application in CommonJS. `package.ts` compiles it with many settings, and its data is declared in `data.ts`.
import Koa = require('koa');

import session, {NullStore, type Session, SessionError} from 'koa-server-session';
import {encrypt} from 'koa-server-session/codecs/encrypt';
import {flash} from 'koa-server-session/moving/flash';
import {MemoryStore} from 'koa-server-session/stores/memory';
import {storeCases} from 'koa-server-session/testing';
import {header} from 'koa-server-session/transports/header';

const app = new Koa();
app.use(session(app, {store: new MemoryStore()}));
app.use(ctx => {
	const current: Session = ctx.session;
	current.user = 'ada';
	// @ts-expect-error a misspelt key
	ctx.session.usr = 'ada';
	// @ts-expect-error what declarations that weren't found would let through
	ctx.session.regenerate('cart');
});
export const error: Error = new SessionError('ERR_SESSION_STORE', 'It failed', {cause: new Error('down')});
export const others = [NullStore, encrypt, flash, storeCases, header];
