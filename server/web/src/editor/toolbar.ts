import type { Editor } from "@tiptap/core";
import {
  Bold,
  CodeXml,
  Heading1,
  Heading2,
  Heading3,
  type IconNode,
  Italic,
  Link,
  List,
  ListChecks,
  ListOrdered,
  Minus,
  Redo2,
  SquareCode,
  Strikethrough,
  TextQuote,
  Undo2,
} from "lucide";
import { yUndoPluginKey } from "y-prosemirror";
import { h, icon } from "../dom";
import { askForLink } from "./link_dialog";

interface Tool {
  name: string;
  icon: IconNode;
  keys?: string; // As shown to people; the extensions bind them.
  run: (editor: Editor) => void;
  active?: (editor: Editor) => boolean;
  possible?: (editor: Editor) => boolean;
}

const mod = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl+";

const groups: Tool[][] = [
  [
    {
      name: "Undo",
      icon: Undo2,
      keys: `${mod}Z`,
      run: (editor) => editor.chain().focus().undo().run(),
      possible: (editor) => editor.can().undo(),
    },
    {
      name: "Redo",
      icon: Redo2,
      keys: `${mod}Shift+Z`,
      run: (editor) => editor.chain().focus().redo().run(),
      possible: (editor) => editor.can().redo(),
    },
  ],
  [heading(1, Heading1), heading(2, Heading2), heading(3, Heading3)],
  [
    mark("bold", "Bold", Bold, `${mod}B`),
    mark("italic", "Italic", Italic, `${mod}I`),
    mark("strike", "Strikethrough", Strikethrough, `${mod}Shift+S`),
    mark("code", "Inline code", CodeXml, `${mod}E`),
    {
      name: "Link",
      icon: Link,
      keys: `${mod}K`,
      run: askForLink,
      active: (editor) => editor.isActive("link"),
    },
  ],
  [
    block("bulletList", "Bullet list", List, (editor) => editor.chain().focus().toggleBulletList()),
    block("orderedList", "Numbered list", ListOrdered, (editor) =>
      editor.chain().focus().toggleOrderedList(),
    ),
    block("taskList", "Task list", ListChecks, (editor) => editor.chain().focus().toggleTaskList()),
  ],
  [
    block("blockquote", "Quote", TextQuote, (editor) => editor.chain().focus().toggleBlockquote()),
    block("codeBlock", "Code block", SquareCode, (editor) =>
      editor.chain().focus().toggleCodeBlock(),
    ),
    {
      name: "Divider",
      icon: Minus,
      run: (editor) => editor.chain().focus().setHorizontalRule().run(),
    },
  ],
];

// The row of tools: one stop in the tab order, arrow keys within.
export class Toolbar {
  readonly element = h("div", {
    class: "toolbar",
    role: "toolbar",
    "aria-label": "Formatting",
    "aria-controls": "editor",
  });

  private readonly buttons: { button: HTMLButtonElement; tool: Tool }[] = [];

  constructor(private readonly editor: Editor) {
    for (const group of groups) this.element.append(this.group(group));
    this.buttons[0]!.button.tabIndex = 0;
    this.element.addEventListener("keydown", (event) => this.onKey(event));
    editor.on("transaction", () => this.update());
    // The stacks change after the editor's transaction, so that it is too early to look then.
    const undoManager = yUndoPluginKey.getState(editor.state)?.undoManager;
    undoManager?.on("stack-item-added", () => this.update());
    undoManager?.on("stack-item-popped", () => this.update());
    this.update();
  }

  private group(tools: Tool[]): HTMLElement {
    return h("div", { class: "tool-group", role: "group" }, ...tools.map((tool) => this.add(tool)));
  }

  private add(tool: Tool): HTMLButtonElement {
    const button = h(
      "button",
      {
        type: "button",
        class: "tool",
        tabindex: "-1",
        title: tool.keys ? `${tool.name} (${tool.keys})` : tool.name,
        "aria-label": tool.name,
        // Keeps the selection, and on phones the keyboard, where they are.
        onmousedown: (event) => event.preventDefault(),
        onclick: () => {
          if (button.getAttribute("aria-disabled") !== "true") tool.run(this.editor);
        },
      },
      icon(tool.icon),
    );
    this.buttons.push({ button, tool });
    return button;
  }

  private update(): void {
    if (this.editor.isDestroyed) return;
    for (const { button, tool } of this.buttons) {
      if (tool.active) button.setAttribute("aria-pressed", `${tool.active(this.editor)}`);
      const possible = this.editor.isEditable && (tool.possible?.(this.editor) ?? true);
      button.setAttribute("aria-disabled", `${!possible}`);
    }
  }

  private onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const buttons = this.buttons.map(({ button }) => button);
    const current = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === "Escape") this.editor.commands.focus();
    if (step === undefined || current < 0) return;
    event.preventDefault();
    const next = buttons[(current + step + buttons.length) % buttons.length]!;
    buttons[current]!.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}

function heading(level: 1 | 2 | 3, node: IconNode): Tool {
  return {
    name: `Heading ${level}`,
    icon: node,
    keys: `${mod}Alt+${level}`,
    run: (editor) => editor.chain().focus().toggleHeading({ level }).run(),
    active: (editor) => editor.isActive("heading", { level }),
  };
}

function mark(name: string, title: string, node: IconNode, keys: string): Tool {
  return {
    name: title,
    icon: node,
    keys,
    run: (editor) => editor.chain().focus().toggleMark(name).run(),
    active: (editor) => editor.isActive(name),
  };
}

function block(
  name: string,
  title: string,
  node: IconNode,
  chain: (editor: Editor) => { run: () => boolean },
): Tool {
  return {
    name: title,
    icon: node,
    run: (editor) => chain(editor).run(),
    active: (editor) => editor.isActive(name),
  };
}
