/** The manifests as kustomize renders them, held against Kubernetes' own schemas and to what every pod has to be. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import * as z from 'zod';

const manifests = path.join(import.meta.dirname, '..', '..', 'deploy', 'kubernetes');

/** How the tests get them, for whoever lacks them. */
const TOOLS = {
  kustomize: 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1',
  'kubectl-validate': 'sigs.k8s.io/kubectl-validate@v0.0.4',
} as const;

/** The program, or undefined where it is not installed: on the PATH, or where `go install` puts it. */
function find(name: keyof typeof TOOLS): string | undefined {
  const go = spawnSync('go', ['env', 'GOPATH'], { encoding: 'utf8' }).stdout?.trim();
  const folders = [...(process.env['PATH'] ?? '').split(path.delimiter), ...(go ? [path.join(go, 'bin')] : [])];
  return folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
}

const kustomize = find('kustomize');
const validate = find('kubectl-validate');
const missing = Object.entries({ kustomize, 'kubectl-validate': validate }).find(([, file]) => file === undefined)?.[0];
const whyNot = missing && `there is no ${missing} (go install ${TOOLS[missing as keyof typeof TOOLS]})`;

const pod = z.object({
  automountServiceAccountToken: z.literal(false),
  securityContext: z.object({
    runAsNonRoot: z.literal(true),
    runAsUser: z.int().min(1),
    seccompProfile: z.object({ type: z.literal('RuntimeDefault') }),
  }),
  containers: z.array(
    z.object({
      image: z.string().regex(/:\d+\.\d+\.\d+$/),
      args: z.array(z.string()),
      livenessProbe: z.object({}),
      resources: z.object({
        requests: z.object({ cpu: z.string(), memory: z.string() }),
        limits: z.looseObject({ memory: z.string() }),
      }),
      securityContext: z.object({
        allowPrivilegeEscalation: z.literal(false),
        readOnlyRootFilesystem: z.literal(true),
        capabilities: z.object({ drop: z.tuple([z.literal('ALL')]) }),
      }),
    }),
  ),
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: { readonly template: { readonly spec: unknown } };
}

for (const overlay of ['base', 'gpu']) {
  describe(`deploy/kubernetes/${overlay}${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
    let text: string;
    let objects: Manifest[];
    before(function () {
      if (whyNot !== undefined) return this.skip();
      text = execFileSync(kustomize!, ['build', path.join(manifests, overlay)], { encoding: 'utf8' });
      objects = parseAllDocuments(text).map((document) => document.toJS() as Manifest);
    });

    function validated(manifest: string): { readonly status: number | null; readonly said: string } {
      const folder = mkdtempSync(path.join(tmpdir(), 'auspex-manifests-'));
      try {
        writeFileSync(path.join(folder, 'all.yaml'), manifest);
        const { status, stdout, stderr } = spawnSync(validate!, [folder], { encoding: 'utf8' });
        return { status, said: stdout + stderr };
      } finally {
        rmSync(folder, { recursive: true });
      }
    }

    it('is what the schemas of Kubernetes want', () => {
      const { status, said } = validated(text);
      assert.equal(status, 0, said);
      // The check can fail: on a key that there is not, and on a value of another type.
      assert.notEqual(validated(text.replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem')).status, 0);
      assert.notEqual(validated(text.replace('replicas: 1', 'replicas: one')).status, 0);
    });

    it('has pods that are ordinary users with limits, probes and a root file system that stays as it is', () => {
      const sets = objects.filter(({ kind }) => kind === 'StatefulSet');
      assert.deepEqual(sets.map(({ metadata }) => metadata.name).sort(), ['server', 'worker']);
      for (const { spec } of sets) pod.parse(spec.template.spec);
      assert.ok(objects.every(({ kind, metadata }) => kind === 'Namespace' || metadata.namespace === 'auspex'));
    });

    it('has no secret in it, and lets in nobody by default', () => {
      assert.ok(!objects.some(({ kind }) => kind === 'Secret'));
      const policies = objects.filter(({ kind }) => kind === 'NetworkPolicy').map(({ metadata }) => metadata.name);
      assert.deepEqual(policies.sort(), ['deny-ingress', 'server', 'worker']);
    });

    if (overlay !== 'gpu') return;
    it('asks for a GPU for each worker', () => {
      const worker = objects.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'worker')!;
      const [container] = pod.parse(worker.spec.template.spec).containers;
      assert.equal((container!.resources.limits as Record<string, unknown>)['nvidia.com/gpu'], 1);
      assert.match(container!.image, /^auspex-gpu:/);
    });
  });
}
