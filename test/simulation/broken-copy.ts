import {cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import type {session as SessionFunction} from '../../source/index.ts';
import type {Mutant} from './mutants.ts';

const root = join(import.meta.dirname, '../..');

/** What a mutant makes of files of the library. @throws Error If the code to break isn't there exactly once. */
export const breakFiles = ({rule, edits}: Mutant): ReadonlyMap<string, string> => {
	const texts = new Map<string, string>();
	for (const {file, find, replace} of edits) {
		const parts = (texts.get(file) ?? readFileSync(join(root, 'source', file), 'utf8')).split(find);
		const times = parts.length - 1;
		if (times !== 1) {
			throw new Error(`Expected \`${find}\` once in source/${file}, to break rule ${rule}, found it ${times} times`);
		}
		texts.set(file, parts.join(replace));
	}
	return texts;
};

/** Copies the library, breaks one rule in the copy, and lets `work` use it. */
export const withBrokenCopy = async <Result>(
	mutant: Mutant,
	work: (session: typeof SessionFunction) => Promise<Result>,
): Promise<Result> => {
	const broken = breakFiles(mutant);
	const folder = mkdtempSync(join(tmpdir(), 'koa-server-session-mutant-'));
	try {
		for (const name of ['source', 'package.json']) cpSync(join(root, name), join(folder, name), {recursive: true});
		symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
		for (const [file, text] of broken) writeFileSync(join(folder, 'source', file), text);
		const {default: session} = await import(pathToFileURL(join(folder, 'source/index.ts')).href);
		return await work(session);
	} finally {
		rmSync(folder, {recursive: true});
	}
};
