using Omega.P2P.Node.Commands;

return Cli.Run(args);
