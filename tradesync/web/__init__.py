"""What the dashboard's pages share: navigation, header, dialogs, tables, charts, REST."""
