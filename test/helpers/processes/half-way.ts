import {FilesystemStore} from '../../../source/stores/filesystem.ts';

// Loaded by a process before its program: it reads as many records of files as HALF_WAY says. Each later read waits without
// end, so that the process neither gets through nor ends before it is killed.

const {read} = FilesystemStore.prototype;
let left = Number(process.env['HALF_WAY']);
FilesystemStore.prototype.read = function (key) {
	return left-- > 0 ? read.call(this, key) : new Promise(() => {});
};
// Node ends a process that waits for nothing else. Nor does it wait for a test that was stopped.
setTimeout(() => process.exit(1), 120_000);
