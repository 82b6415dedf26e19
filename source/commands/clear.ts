import {once} from 'node:events';
import {type Command, type Output, UsageError} from './command.ts';
import {progressOn, silent} from './migration/progress.ts';
import {prefixHint, prefixOf, prefixOption} from './prefix-option.ts';
import {count, quote} from './printable.ts';
import {sessionsIn} from './sessions.ts';
import {aboutStores, storeOption, withStore} from './store-option.ts';

/** Ends all sessions, as `sessions.destroyAll()` does. */
export const clear: Command = {
	summary: 'End all sessions: log everybody out',
	details: `Asks before it does so. The application may be running: what is being written then stays ended, and a session that gets a\nnew id ends too. Sessions that begin in the meantime may stay. To end those too, replace the signing keys.\n\n${aboutStores}`,
	options: {
		store: storeOption(),
		yes: {type: 'boolean', help: "Don't ask"},
		prefix: prefixOption,
	},
	async run(values, _argument, {stderr}) {
		const prefix = prefixOf(values);
		if (values['yes'] !== true && !(await confirm(prefix, stderr))) {
			return {text: 'No session was ended.', data: {ended: 0}};
		}

		const progress = values['json'] ? silent : progressOn(stderr);
		const ended = await withStore(values, store =>
			sessionsIn(store, prefix).all.destroy(undefined, done => progress.update(done, undefined)),
		).finally(() => progress.end());
		const text = `${count(ended, 'session')} ended.`;
		return {text: ended > 0 ? text : `${text} ${prefixHint(prefix)}`, data: {ended}};
	},
};

const confirm = async (prefix: string, output: Output): Promise<boolean> => {
	if (!process.stdin.isTTY) throw new UsageError('Expected `--yes`, because there is no terminal to ask on');

	output.write(`End all sessions with the prefix ${quote(prefix)}? Type \`yes\` to go on: `);
	const {createInterface} = await import('node:readline/promises');
	const terminal = createInterface({input: process.stdin});
	try {
		// At the end of the input, such as by Ctrl+D, no answer comes.
		const ended = once(terminal, 'close').then(() => '');
		return (await Promise.race([terminal.question(''), ended])).trim() === 'yes';
	} finally {
		terminal.close();
	}
};
