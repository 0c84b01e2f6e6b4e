/** A copy of the build that can be made newer, so that a test may see the app being updated. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export class NewerBuild {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Below the project, because the server looks for its packages there. */
  static async copy(): Promise<NewerBuild> {
    await mkdir(join(ROOT, '.cache'), { recursive: true });
    const folder = await mkdtemp(join(ROOT, '.cache', 'build-'));
    await cp(join(ROOT, 'dist'), folder, { recursive: true });
    return new NewerBuild(folder);
  }

  /** What `TestRelay` starts. */
  get main(): string {
    return join(this.#folder, 'server', 'main.js');
  }

  /** The next check finds another service worker. */
  async becomeNewer(): Promise<void> {
    const file = join(this.#folder, 'app', 'sw.js');
    await writeFile(file, `${await readFile(file, 'utf8')}\n// newer\n`);
    for (const ending of ['br', 'gz']) await rm(`${file}.${ending}`);
  }

  async remove(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
