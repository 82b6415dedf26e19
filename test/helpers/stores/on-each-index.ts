import type {ExecutionContext} from 'ava';
import {startApp} from '../http/app.ts';
import {all} from './all.ts';
import {onEachStore} from './on-each-store.ts';
import type {WatchedStore} from './watched-store.ts';

/** Registers a scenario once for each store with an index of subjects; any other shows that it says so. */
export const onEachIndex = (title: string, run: (t: ExecutionContext, store: WatchedStore) => Promise<void>): void =>
	onEachStore(title, async (t, store) => {
		if (store.bySubject) return run(t, store);

		const {sessions} = await startApp(t, {store}, () => undefined);
		const expected = {code: 'ERR_SESSION_UNSUPPORTED', message: /no index of subjects/};
		await t.throwsAsync(all(sessions.list('ada')), expected);
		await t.throwsAsync(sessions.revoke('ada'), expected);
	});
