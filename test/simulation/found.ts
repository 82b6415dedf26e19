import type {Act, Way} from '../histories/checker/history.ts';
import type {Script, Step} from '../histories/script.ts';

/** A violation that was found once: the smallest script that shows it, and the mutant that breaks the library so again. */
export type Found = {readonly title: string; readonly script: Script; readonly rule: string};

const hour = 3_600_000;

const step = (act: Act, way: Way = 'plain', server = 0): Step => ({browser: 0, server, act, way});

const logIn = step({do: 'log in', user: 'ada'});

const base = {servers: 1, skews: [0, 0], isInOrder: true, faultRate: 0};

export const found: readonly Found[] = [
	{
		title: 'the headers of a page that reads name the id that a login on the same server has just replaced',
		rule: '24: a request that learns of another one before its headers leave tells nothing',
		script: {
			...base,
			phases: [
				{wait: 0, steps: [logIn]},
				{wait: 12 * hour, steps: [logIn, step({do: 'read'}, 'early')]},
			],
		},
	},
	{
		title: 'a late answer after `save()` brings the id that a login has replaced',
		rule: '24: a request that lost to another one tells nothing',
		script: {
			...base,
			phases: [
				{wait: 0, steps: [logIn]},
				{wait: 12 * hour, steps: [logIn, step({do: 'write', field: 'a'}, 'saves')]},
			],
		},
	},
	{
		title: 'a logout on a server whose clock is late meets a tombstone that has expired',
		rule: '15: a tombstone lives longer than clocks may differ',
		script: {
			...base,
			servers: 2,
			skews: [-240_000, 0, 0],
			phases: [
				{wait: 0, steps: [logIn]},
				{wait: 0, steps: [logIn, step({do: 'log out'}, 'saves', 1)]},
			],
		},
	},
	{
		title: 'the answer to a logout everywhere renews the signature of a session that it has ended',
		rule: '24: an answer names no session that its own request has ended',
		script: {
			...base,
			faultRate: 0.1,
			phases: [
				{wait: 0, steps: [logIn]},
				{wait: 0, rotates: true, steps: [step({do: 'revoke', user: 'ada'})]},
			],
		},
	},
	{
		title: 'a request that is no use of the session writes the expiry of before a touch',
		rule: '14: a write that extends nothing undoes no extension',
		script: {
			...base,
			phases: [
				{wait: 0, steps: [logIn]},
				{wait: 12 * hour, steps: [step({do: 'read'}), step({do: 'write', field: 'a'}, 'polls')]},
				{wait: 20 * hour, steps: [step({do: 'read'})]},
			],
		},
	},
	{
		title: 'a request that is no use of the session renews its signature for less time than another one has just told',
		rule: '26: a newer signature shortens no cookie that another request has just extended',
		script: {
			...base,
			phases: [
				{wait: 0, steps: [logIn]},
				{
					wait: 20 * hour,
					rotates: true,
					steps: [step({do: 'write', field: 'a'}), step({do: 'read'}, 'polls')],
				},
				{wait: 12 * hour, steps: [step({do: 'read'})]},
			],
		},
	},
	{
		title: 'a session ends while a response goes on whose headers have extended it',
		rule: '26: the record follows an extension as the headers leave',
		script: {
			...base,
			phases: [
				{wait: 0, steps: [logIn]},
				{wait: 20 * hour, steps: [step({do: 'read'}, 'lasts')]},
				{wait: 12 * hour, steps: [step({do: 'read'})]},
			],
		},
	},
	{
		title: 'a response that lasts takes back what other requests have extended',
		rule: '14: a response that says less than is stored takes nothing of it back',
		script: {
			...base,
			phases: [
				{wait: 0, steps: [logIn]},
				{wait: 6 * hour, steps: [step({do: 'write', field: 'a'}, 'lasts')]},
				{wait: 6 * hour, steps: [step({do: 'read'})]},
				{wait: 20 * hour, steps: [step({do: 'read'})]},
			],
		},
	},
];
