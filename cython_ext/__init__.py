"""Integer arithmetic over arrays; knows no bank word. Each module runs compiled and interpreted."""
