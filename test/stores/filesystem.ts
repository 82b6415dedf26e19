import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {FilesystemStore} from '../../source/stores/filesystem.ts';
import {conforms} from '../helpers/conforms.ts';

const traits = {keeps: true, compareAndSwap: true, prune: true, bySubject: true};

const makeDirectory = async (t: ExecutionContext): Promise<string> => {
	const directory = await mkdtemp(path.join(tmpdir(), 'koa-session-'));
	t.teardown(() => rm(directory, {recursive: true, force: true}));
	return directory;
};

conforms(async t => new FilesystemStore({directory: await makeDirectory(t)}), traits);
