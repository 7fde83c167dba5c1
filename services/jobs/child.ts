/** The command line as a process of its own that ends with the server that started it. */

// Whatever native threads are at: an orderly exit would wait for them, and the run folder is as good as after any kill.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// The server may have ended while this file was loaded.
if (!process.connected) process.kill(process.pid, 'SIGKILL');
// The channel alone keeps no command running that has come to its end.
process.channel?.unref();

await import('../cli/main.ts');
