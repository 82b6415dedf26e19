import type {MakeApp} from './app.ts';
import {serve} from './koa-server-session.ts';
import {PlainSetStore} from './plain-set-store.ts';

/** This library without compare-and-swap, to see what that costs. */
const make: MakeApp = redis => serve(new PlainSetStore(redis));

export default make;
