/** Programs that a set-up starts. */
import { spawn } from 'node:child_process';

export interface ToolResult {
  /** Exit code; null where it did not start or was killed. */
  readonly status: number | null;
  readonly stdout: string;
  /** Everything that it printed. */
  readonly output: string;
}

export function runTool(command: string, args: readonly string[], options: { cwd?: string } = {}): Promise<ToolResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, output] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
      output += chunk;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ status: null, stdout, output: error.message }));
    child.on('close', (status) => resolve({ status, stdout, output }));
  });
}

/** The last lines of what a tool printed, on one line. */
export function tailOf(output: string): string {
  return output.trim().split('\n').slice(-6).join(' | ').slice(-800);
}
