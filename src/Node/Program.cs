using System.CommandLine;
var root = new RootCommand("test");
root.Subcommands.Add(new Command("version","x"));
root.SetAction(r=>0);
return root.Parse(args).Invoke();
