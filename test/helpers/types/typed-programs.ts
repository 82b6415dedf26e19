import {execFile} from 'node:child_process';
import {copyFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';

const root = join(import.meta.dirname, '../../..');

/**
The compilers that applications use. By their paths: both have a `tsc`, of which npm links one.

In one thread, since each further one checks much of the libraries once more.
*/
export const compilers = {
	'TypeScript 7': [join(root, 'node_modules/typescript/bin/tsc'), '--singleThreaded'],
	'TypeScript 5.9': [join(root, 'node_modules/typescript-5.9/bin/tsc')],
} as const;

/** How a compiler finds modules. */
export type Resolution = 'nodenext' | 'bundler';

const strict = {
	target: 'es2023',
	types: ['node'],
	strict: true,
	exactOptionalPropertyTypes: true,
	noUncheckedIndexedAccess: true,
	// Ours and those that ours name are checked; those of JavaScript and the browser are nobody's here.
	skipLibCheck: false,
	skipDefaultLibCheck: true,
	noEmit: true,
};

/** Compiles a program of files in a folder, and gives what the compiler says about it: nothing, if all is well. */
export const compile = async (
	compiler: keyof typeof compilers,
	folder: string,
	program: readonly string[],
	{resolution = 'nodenext', paths = {}}: {resolution?: Resolution; paths?: Record<string, string[]>} = {},
): Promise<string> => {
	const module = resolution === 'bundler' ? 'preserve' : resolution;
	const project = join(folder, `tsconfig.${[...program, resolution, compiler].join('-').replaceAll(' ', '-')}.json`);
	const compilerOptions = {...strict, module, moduleResolution: resolution, paths};
	await writeFile(project, JSON.stringify({compilerOptions, files: program}));

	const args = [...compilers[compiler], '--pretty', 'false', '--project', project];
	const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: folder}).catch(error => error);
	return stdout;
};

/** Copies a program of `types/` into a folder. */
export const copyProgram = (program: string, folder: string): Promise<void> =>
	copyFile(join(import.meta.dirname, 'programs', program), join(folder, program));
