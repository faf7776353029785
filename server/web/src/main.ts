import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import { parseRoute } from "./route";

const app = document.getElementById("app")!;
const route = parseRoute(location.pathname);

// Each page is its own chunk: the list opens without the editor's weight.
switch (route.page) {
  case "documents": {
    const { showDocuments } = await import("./pages/documents");
    showDocuments(app);
    break;
  }
  case "editor": {
    const { showEditor } = await import("./pages/editor");
    await showEditor(app, route.name);
    break;
  }
  case "unknown": {
    const { showUnknown } = await import("./pages/unknown");
    showUnknown(app);
    break;
  }
}
