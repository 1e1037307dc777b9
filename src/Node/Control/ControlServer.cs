using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Omega.P2P.Node.Files;
using Omega.P2P.Node.Home;
using Omega.P2P.Node.Output;
using Omega.P2P.Node.Service;

namespace Omega.P2P.Node.Control;

/// <summary>
/// The control API: HTTP/1.1 on the home's unix socket, where the peer's user must be ours, and on 127.0.0.1, where
/// every request but a probe needs the token of the home. Only `up` reaches this class: the command line must not load
/// ASP.NET.
/// </summary>
internal sealed class ControlServer : IDisposable
{
    public const int DefaultPort = 5310;
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    private readonly WebApplication _app;
    private readonly string _socketPath;

    private ControlServer(WebApplication app, string socketPath, string url)
    {
        _app = app;
        _socketPath = socketPath;
        Url = url;
    }

    /// <summary>`http://127.0.0.1:5310`.</summary>
    public string Url { get; }

    /// <summary>Starts serving; the socket and the token are their owner's alone.</summary>
    public static ControlServer Start(OmegaHome home, string? asked, INodeService service, Action<string> notice)
    {
        var token = WriteToken(home);
        Directory.CreateDirectory(Path.GetDirectoryName(home.Socket)!);
        var routes = new ControlRoutes(service);
        var (app, endPoint) = asked is null ? StartAnywhere(home, routes, token, notice)
            : TryStart(home, Parse(asked), routes, token) ?? throw Taken(asked);
        File.SetUnixFileMode(home.Socket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var url = $"http://{endPoint}";
        File.WriteAllText(home.ControlFile, url + "\n");
        return new ControlServer(app, home.Socket, url);
    }

    public void Dispose()
    {
        // Requests under way get a moment; a stuck one must not hold the end up.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            _app.StopAsync(patience.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            Host.Log.Warn("requests were cut off");
        }

        ((IDisposable)_app).Dispose();
        File.Delete(_socketPath);
    }

    private static void Configure(
        KestrelServerOptions options, IPEndPoint endPoint, string socketPath, Action<ListenOptions> onListen)
    {
        options.AddServerHeader = false;
        options.AllowSynchronousIO = true; // requests run on threads of their own and stream straight into the store
        options.Limits.MaxRequestBodySize = null;
        options.Limits.MinRequestBodyDataRate = null; // a pipe may be slow
        options.Limits.MinResponseDataRate = null;
        options.Limits.MaxConcurrentConnections = 256;
        options.Listen(endPoint, onListen);
        options.ListenUnixSocket(socketPath, listen => listen.Use(next => connection =>
        {
            if (IsOurs(connection))
            {
                connection.Items[ControlRoutes.Trusted] = true;
                return next(connection);
            }

            connection.Abort();
            return Task.CompletedTask;
        }));
    }

    /// <summary>The kernel says who is at the other end of a unix socket: struct ucred { pid, uid, gid }.</summary>
    private static bool IsOurs(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket) return false;
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) != credentials.Length) return false;
        var user = System.Runtime.InteropServices.MemoryMarshal.Read<uint>(credentials[4..]);
        return user == LibC.UserId() || user == 0;
    }

    private static async Task HandleAsync(HttpContext context, ControlRoutes routes, byte[] token)
    {
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        if (!ControlRoutes.IsProbe(context.Request.Path) && !IsAllowed(context, token))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return;
        }

        // A thread of its own for each: the verbs block on disk and peers.
        await Task.Factory.StartNew(() => routes.Handle(context), CancellationToken.None,
            TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }

    private static bool IsAllowed(HttpContext context, byte[] token)
    {
        if (context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(ControlRoutes.Trusted) == true)
            return true;
        var header = context.Request.Headers.Authorization.ToString();
        const string Scheme = "Bearer ";
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)) return false;
        // Hashed first: equal lengths, so that the time tells nothing.
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        return CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(token));
    }

    private static byte[] WriteToken(OmegaHome home)
    {
        var token = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
        var temporary = home.TokenFile + ".new";
        File.Delete(temporary);
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(token);
        }

        File.Move(temporary, home.TokenFile, overwrite: true);
        return token;
    }

    /// <summary>On 127.0.0.1:5310, or where that is taken on a port the system picks.</summary>
    private static (WebApplication App, IPEndPoint EndPoint) StartAnywhere(
        OmegaHome home, ControlRoutes routes, byte[] token, Action<string> notice)
    {
        if (TryStart(home, new IPEndPoint(IPAddress.Loopback, DefaultPort), routes, token) is { } usual) return usual;
        var free = TryStart(home, new IPEndPoint(IPAddress.Loopback, 0), routes, token)
            ?? throw Taken("every port of 127.0.0.1");
        notice($"port {DefaultPort} is taken; the control API is on {free.EndPoint.Port}");
        return free;
    }

    /// <summary>The running server and its end point with the real port; null where that is taken.</summary>
    private static (WebApplication App, IPEndPoint EndPoint)? TryStart(
        OmegaHome home, IPEndPoint wanted, ControlRoutes routes, byte[] token)
    {
        File.Delete(home.Socket); // the store's lock says that no daemon uses it
        ListenOptions? listening = null;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "omega" });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(options => Configure(options, wanted, home.Socket, l => listening = l));
        var app = builder.Build();
        app.Run(context => HandleAsync(context, routes, token));
        try
        {
            app.Start();
            return (app, listening!.IPEndPoint!); // set by the binding
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            ((IDisposable)app).Dispose();
            return null;
        }
    }

    private static IPEndPoint Parse(string asked) =>
        IPEndPoint.TryParse(asked, out var wanted) && IPAddress.IsLoopback(wanted.Address)
            ? wanted
            : throw OmegaException.Usage($"'{asked}' is no loopback address", "--control", "write 127.0.0.1:5310");

    private static OmegaException Taken(string what) => new(ExitCode.Error, "port_taken", $"{what} is taken")
    {
        Field = "--control",
        Hint = "choose another port, or 0 for a free one",
    };
}
