"""The selective forwarding unit: a sans-IO engine, a thin asyncio node, a kernel behind a table."""
