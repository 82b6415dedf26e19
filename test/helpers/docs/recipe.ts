import type {ExecutionContext} from 'ava';
import {freePort} from '../../services/server.ts';
import {Jar} from '../http/jar.ts';
import {temporaryDirectory} from '../stores/stores.ts';
import {startProgram} from './program.ts';

/** Starts a program of `docs/recipes/`, with its sessions in a folder of the test, and gives a browser for it. */
export const startRecipe = async (
	t: ExecutionContext,
	name: string,
	changes: Readonly<Record<string, string>> = {},
): Promise<Jar> => {
	const inFiles = {"'file:./sessions'": `'file:${await temporaryDirectory(t)}'`};
	const isOnRedis = Object.keys(changes).some(text => text.includes('REDIS_URL'));
	const port = await startProgram(t, `docs/recipes/${name}`, {...(!isOnRedis && inFiles), ...changes});
	return new Jar(`http://127.0.0.1:${port}`);
};

/** Starts one that must know its own origin, as browsers name it. Resolves to that. */
export const startAtOrigin = async (t: ExecutionContext, name: string): Promise<string> => {
	const wanted = await freePort();
	const port = await startProgram(t, `docs/recipes/${name}`, {
		"'file:./sessions'": `'file:${await temporaryDirectory(t)}'`,
		'3000': String(wanted),
	});
	t.is(port, wanted);
	return `http://localhost:${port}`;
};
