// Prints what it takes to import the modules that are named, in milliseconds of CPU.
const before = process.cpuUsage();
for (const name of process.argv.slice(2)) await import(name);
const {user, system} = process.cpuUsage(before);
console.log((user + system) / 1000);
