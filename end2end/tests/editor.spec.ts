// Step 4, the box editor: mouse, keys, an input method, touch, and what assistive tools hear.

import type { CDPSession, Page } from "@playwright/test";
import { expect, test } from "../support/kenchi";
import { act, takeDeeds, watchHand } from "../support/hand";
import { boxes, openEditor, place, sampleDataset } from "../support/labelling";

test.describe("the box editor", () => {
  test.use({ locale: "en-US", hasTouch: true });

  test.beforeEach(async ({ page, kenchi }) => {
    await sampleDataset(page, kenchi);
  });

  test("draws by two clicks and by four points, repeats, copies on, and undoes", async ({ page }) => {
    const canvas = await openEditor(page, ["qr", "code"]);
    const name = page.getByTestId("image-name");
    const first = await name.innerText();
    const click = async (x: number, y: number) => {
      const at = await place(canvas, x, y);
      await page.mouse.click(at.x, at.y);
    };
    await click(100, 100);
    await expect(page.getByTestId("said")).toContainText("First corner");
    await expect(canvas).toHaveAttribute("data-box-count", "0");
    await click(200, 180);
    await expect(canvas).toHaveAttribute("data-box-count", "1");
    expect(await near(page, 0, [100, 100, 100, 80])).toBe(true);

    await page.keyboard.press("e");
    await page.keyboard.press("2");
    for (const [x, y] of [[300, 200], [250, 300], [320, 380], [400, 260]] as const) await click(x, y);
    await expect(canvas).toHaveAttribute("data-box-count", "2");
    expect(await near(page, 1, [250, 200, 150, 180])).toBe(true);
    await expect(page.getByTestId("extremes")).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("e");

    await page.keyboard.press("Control+a");
    await page.keyboard.press("c");
    await expect(name).not.toHaveText(first);
    await expect(canvas).toHaveAttribute("data-box-count", "2");
    await page.keyboard.press("Escape");
    await page.keyboard.press("d");
    await expect(canvas).toHaveAttribute("data-box-count", "0");
    await page.keyboard.press("r");
    await expect(canvas).toHaveAttribute("data-box-count", "2");
    await page.keyboard.press("Control+z");
    await expect(canvas).toHaveAttribute("data-box-count", "0");
    await page.keyboard.press("Control+Shift+z");
    await expect(canvas).toHaveAttribute("data-box-count", "2");

    // What was drawn outlives the page.
    await expect(page.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
    await page.reload();
    await expect(canvas).toHaveAttribute("data-box-count", "2");
  });

  test("keys alone make, move, size and label a box, and each step is said", async ({ page }) => {
    const canvas = await openEditor(page, ["qr", "code"]);
    const said = page.getByTestId("said");
    await page.keyboard.press("b");
    await expect(said).toContainText("Box added: 1 qr");
    const [made] = await boxes(page);
    if (!made) throw new Error("no box is listed");
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Control+Shift+ArrowRight");
    await page.keyboard.press("2");
    await expect(said).toContainText("Label: code");
    const [left = 0, top = 0, width = 0, height = 0] = made;
    expect(await boxes(page)).toEqual([[left + 10, top + 1, width + 10, height]]);
    await page.keyboard.press("Delete");
    await expect(said).toContainText("deleted: 1");
    await expect(canvas).toHaveAttribute("data-box-count", "0");
  });

  test("letters that an input method takes are keys of the editor, by their place on the keyboard", async ({ page }) => {
    await openEditor(page, ["qr"]);
    const name = page.getByTestId("image-name");
    const first = await name.innerText();
    // What Chromium sends for D while a Japanese input method is on.
    await ime(page, "KeyD", false);
    await expect(name).not.toHaveText(first);
    // While a word is being composed, keys are the input method's.
    const second = await name.innerText();
    await ime(page, "KeyD", true);
    await page.keyboard.press("b");
    await expect(page.getByTestId("said")).toContainText("Box added");
    await expect(name).toHaveText(second);
    // In a field every key is the field's.
    await page.keyboard.press("/");
    await expect(page.getByTestId("new-label").first()).toBeFocused();
    await page.keyboard.type("dad");
    await expect(name).toHaveText(second);
    await expect(page.getByTestId("new-label").first()).toHaveValue("dad");
  });

  test("the slash finds a label beyond nine, and Enter takes it", async ({ page }) => {
    const labels = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "バーコード", "道路標識"];
    const canvas = await openEditor(page, labels);
    await page.keyboard.press("b");
    await page.keyboard.press("/");
    await page.keyboard.type("標識");
    await page.keyboard.press("Enter");
    await expect(page.getByTestId("said")).toContainText("道路標識");
    await expect(page.getByTestId("boxes")).toContainText("道路標識");
    await expect(page.getByTestId("new-label").first()).toHaveValue("");
    await page.keyboard.press("ArrowRight");
    await expect(canvas).toHaveAttribute("data-box-count", "1");
  });

  test("a key can be changed, a conflict is shown, and the change outlives the page", async ({ page }) => {
    const canvas = await openEditor(page, ["qr"]);
    const name = page.getByTestId("image-name");
    const first = await name.innerText();
    await page.keyboard.press("Shift+?");
    const row = page.locator('[data-action="next"]');
    await row.getByRole("button", { name: /^Change/ }).click();
    await page.keyboard.press("b");
    await expect(row).toContainText("Also used for: New box");
    await expect(page.locator('[data-action="new-box"]')).toContainText("Also used for: Next image");
    await row.getByRole("button", { name: /^Change/ }).click();
    await page.keyboard.press("3");
    await expect(row).toContainText("can’t be changed");
    await page.keyboard.press("w");
    await expect(row).not.toContainText("Also used");
    await page.keyboard.press("Escape");
    await expect(page.getByTestId("keys")).toBeHidden();
    await page.reload();
    await expect(canvas).toHaveAttribute("data-ready", "true");
    await page.keyboard.press("d");
    await page.keyboard.press("b");
    await expect(canvas).toHaveAttribute("data-box-count", "1");
    await expect(name).toHaveText(first);
    await page.keyboard.press("w");
    await expect(name).not.toHaveText(first);
  });

  test("a box takes two points and two presses, an image label again one key, the next image one key", async ({ page }) => {
    await watchHand(page);
    await page.reload();
    const canvas = await openEditor(page, ["qr", "code"]);
    const name = page.getByTestId("image-name");
    const from = await place(canvas, 200, 150);
    const to = await place(canvas, 300, 260);
    await page.mouse.move(from.x, from.y);
    await takeDeeds(page);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await act(page, "box", { boxCount: "1" }, () => page.mouse.up());
    await page.keyboard.press("2");
    await expect(page.getByTestId("boxes")).toContainText("code");
    expect((await takeDeeds(page)).map((deed) => deed.code)).toEqual(["down", "up", "Digit2"]);

    // The label stays for the next box, on the next image too.
    const first = await name.innerText();
    await page.keyboard.press("d");
    await expect(name).not.toHaveText(first);
    await expect(canvas).toHaveAttribute("data-ready", "true");
    expect((await takeDeeds(page)).map((deed) => deed.code)).toEqual(["KeyD"]);
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await act(page, "box", { boxCount: "1" }, () => page.mouse.up());
    await expect(page.getByTestId("boxes")).toContainText("code");
    expect((await takeDeeds(page)).map((deed) => deed.what)).toEqual(["point", "point"]);

    // Labels of the image: the first time by its digit, then again with one key.
    const own = page.locator('[data-image-label="qr"]');
    await page.keyboard.press("Shift+Digit1");
    await expect(own).toBeChecked();
    await expect(page.getByTestId("said")).toContainText("Image labels: qr");
    await page.keyboard.press("d");
    await expect(own).not.toBeChecked();
    await takeDeeds(page);
    await page.keyboard.press("g");
    await expect(own).toBeChecked();
    expect((await takeDeeds(page)).map((deed) => deed.code)).toEqual(["KeyG"]);
  });

  test("undo goes on where it was when an image is opened again", async ({ page }) => {
    const canvas = await openEditor(page, ["qr"]);
    await page.keyboard.press("b");
    await page.keyboard.press("Shift+ArrowRight");
    const moved = await boxes(page);
    await page.keyboard.press("d");
    await expect(canvas).toHaveAttribute("data-box-count", "0");
    await page.keyboard.press("b");
    await page.keyboard.press("a");
    await expect(async () => expect(await boxes(page)).toEqual(moved)).toPass();
    await page.keyboard.press("Control+z");
    await expect(async () => expect(await boxes(page)).not.toEqual(moved)).toPass();
    await page.keyboard.press("Control+z");
    await expect(canvas).toHaveAttribute("data-box-count", "0");
    await page.keyboard.press("Control+y");
    await page.keyboard.press("Control+y");
    await expect(async () => expect(await boxes(page)).toEqual(moved)).toPass();

    // What is said of the whole image too, and a box takes back that there is none.
    const [label, none] = [page.locator('[data-image-label="qr"]'), page.getByTestId("no-object")];
    await page.keyboard.press("Tab");
    await page.keyboard.press("Delete");
    await page.keyboard.press("Shift+Digit1");
    await page.keyboard.press("n");
    await expect(none).toBeChecked();
    await page.keyboard.press("b");
    await expect(none).not.toBeChecked();
    await page.keyboard.press("Control+z");
    await expect(none).toBeChecked();
    await expect(label).toBeChecked();
    await page.keyboard.press("Control+z");
    await expect(none).not.toBeChecked();
    await page.keyboard.press("Control+z");
    await expect(label).not.toBeChecked();
    await page.keyboard.press("Control+y");
    await expect(label).toBeChecked();
    await expect(page.getByTestId("save-state").locator("[data-state=saved]")).toBeVisible();
    await page.reload();
    await expect(label).toBeChecked();
    await expect(canvas).toHaveAttribute("data-box-count", "0");
  });

  test("after a button was pressed by hand the keys are the canvas's; in the list arrows move the box", async ({ page }) => {
    const canvas = await openEditor(page, ["qr"]);
    await page.getByTestId("loupe").click();
    await expect(canvas).toBeFocused();
    const before = Number(await canvas.getAttribute("data-view-x"));
    const at = await place(canvas, 200, 200);
    await page.mouse.move(at.x, at.y);
    await page.keyboard.down("Space");
    await page.mouse.down();
    await page.mouse.move(at.x + 40, at.y, { steps: 2 });
    await page.mouse.up();
    await page.keyboard.up("Space");
    await expect.poll(async () => Number(await canvas.getAttribute("data-view-x"))).toBeCloseTo(before + 40, 3);
    await expect(page.getByTestId("loupe")).toHaveAttribute("aria-pressed", "true");

    await page.keyboard.press("b");
    await page.keyboard.press("Escape");
    const [made] = await boxes(page);
    const line = page.getByTestId("boxes").locator("button").first();
    await line.focus();
    await page.keyboard.press("Enter");
    await expect(line).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("ArrowLeft");
    await expect(line).toBeFocused();
    const [moved] = await boxes(page);
    expect((moved?.[0] ?? 0) - (made?.[0] ?? 0)).toBe(-1);
  });

  test("a pen draws, and a word that an input method composes becomes a label only at its end", async ({ page, context }) => {
    const canvas = await openEditor(page, ["qr"]);
    const session = await context.newCDPSession(page);
    const [from, to] = [await place(canvas, 100, 100), await place(canvas, 220, 190)];
    const pen = (type: "mousePressed" | "mouseMoved" | "mouseReleased", at: { x: number; y: number }, buttons: number) =>
      session.send("Input.dispatchMouseEvent", { type, ...at, buttons, button: "left", clickCount: 1, pointerType: "pen" });
    await pen("mousePressed", from, 1);
    await pen("mouseMoved", { x: (from.x + to.x) / 2, y: to.y }, 1);
    await pen("mouseMoved", to, 1);
    await pen("mouseReleased", to, 0);
    await expect(canvas).toHaveAttribute("data-box-count", "1");
    expect(await near(page, 0, [100, 100, 120, 90])).toBe(true);

    const field = page.getByTestId("new-label").first();
    await page.keyboard.press("/");
    await expect(field).toBeFocused();
    await session.send("Input.imeSetComposition", { text: "ねこ", selectionStart: 2, selectionEnd: 2 });
    // The Enter that ends the composing is the input method's.
    await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", code: "Enter", key: "Process", windowsVirtualKeyCode: 229 });
    await expect(field).toHaveValue("ねこ");
    await session.send("Input.insertText", { text: "猫" });
    await expect(field).toHaveValue("猫");
    await page.keyboard.press("Enter");
    await expect(field).toHaveValue("");
    await expect(page.getByTestId("boxes")).toContainText("猫");
  });

  test("two fingers zoom and draw nothing, one finger draws", async ({ page, context }) => {
    const canvas = await openEditor(page, ["qr"]);
    const touch = await context.newCDPSession(page);
    const scale = async () => Number(await canvas.getAttribute("data-view-scale"));
    const before = await scale();
    const a = await place(canvas, 200, 200);
    const b = await place(canvas, 300, 200);
    await fingers(touch, "touchStart", [a]);
    await fingers(touch, "touchStart", [a, b]);
    await fingers(touch, "touchMove", [{ x: a.x - 40, y: a.y }, { x: b.x + 40, y: b.y }]);
    await fingers(touch, "touchEnd", []);
    await expect.poll(scale).toBeGreaterThan(before * 1.3);
    await expect(canvas).toHaveAttribute("data-box-count", "0");

    await page.getByTestId("fit").click();
    await expect.poll(scale).toBeCloseTo(before, 5);
    await fingers(touch, "touchStart", [a]);
    await fingers(touch, "touchMove", [{ x: (a.x + b.x) / 2, y: a.y + 20 }]);
    await fingers(touch, "touchMove", [{ x: b.x, y: b.y + 60 }]);
    await fingers(touch, "touchEnd", []);
    await expect(canvas).toHaveAttribute("data-box-count", "1");
  });

  test("the wheel zooms to the pointer, Space pans, H hides and the 51st box is refused", async ({ page }) => {
    const canvas = await openEditor(page, ["qr"]);
    const at = await place(canvas, 100, 100);
    await page.mouse.move(at.x, at.y);
    await page.mouse.wheel(0, -300);
    await expect.poll(async () => Number(await canvas.getAttribute("data-view-scale"))).toBeGreaterThan(1);
    // Browsers tell the wheel's place in whole pixels.
    expect(Math.abs((await place(canvas, 100, 100)).x - at.x)).toBeLessThan(1);
    const before = Number(await canvas.getAttribute("data-view-x"));
    await page.keyboard.down("Space");
    await page.mouse.down();
    await page.mouse.move(at.x + 50, at.y + 20, { steps: 3 });
    await page.mouse.up();
    await page.keyboard.up("Space");
    await expect.poll(async () => Number(await canvas.getAttribute("data-view-x"))).toBeCloseTo(before + 50, 3);
    await expect(canvas).toHaveAttribute("data-box-count", "0");
    for (let count = 1; count <= 50; count++) {
      await page.keyboard.press("b");
      await page.keyboard.press("Shift+ArrowRight");
    }
    await expect(canvas).toHaveAttribute("data-box-count", "50");
    await page.keyboard.press("b");
    await expect(page.getByTestId("flash").filter({ hasText: "at most 50" })).toBeVisible();
    await expect(canvas).toHaveAttribute("data-box-count", "50");
  });
});

/** Whether a listed box lies within two pixels of these numbers: clicks hit whole pixels of the window. */
async function near(page: Page, at: number, wanted: number[]): Promise<boolean> {
  const box = (await boxes(page))[at] ?? [];
  return wanted.every((value, index) => Math.abs(value - (box[index] ?? NaN)) <= 2);
}

/** A key as an input method lets it through: named Process, only its place is told. */
async function ime(page: Page, code: string, isComposing: boolean): Promise<void> {
  await page.evaluate(
    ([code, isComposing]) => {
      const event = new KeyboardEvent("keydown", {
        key: "Process",
        code,
        keyCode: 229,
        isComposing,
        bubbles: true,
        cancelable: true,
      } as KeyboardEventInit);
      document.body.dispatchEvent(event);
    },
    [code, isComposing] as const,
  );
}

async function fingers(
  session: CDPSession,
  type: "touchStart" | "touchMove" | "touchEnd",
  points: { x: number; y: number }[],
): Promise<void> {
  await session.send("Input.dispatchTouchEvent", { type, touchPoints: points.map((point, id) => ({ ...point, id })) });
}
