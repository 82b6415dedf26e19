import v8 from 'node:v8';
import vm from 'node:vm';

v8.setFlagsFromString('--expose-gc');
const collect: NodeJS.GCFunction = vm.runInNewContext('gc');

/** Clears away what was made lately and isn't needed any more. */
export const collectYoung = (): void => void collect({type: 'minor', execution: 'sync'});

/** Clears away all that isn't needed any more. */
export const collectAll = (): void => void collect({type: 'major', execution: 'sync'});
