import {MemoryStore} from '../../source/stores/memory.ts';
import type {MakeApp} from './app.ts';
import {serve} from './koa-server-session.ts';

/** This library in memory, where nothing else costs anything. */
const make: MakeApp = () => serve(new MemoryStore());

export default make;
