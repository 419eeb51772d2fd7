using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using NodeReaper.TestApiServer;

// test-api-server FOLDER: serves until it is ended. In the folder: pods/*.json, which it reads again and again; kubeconfig, ca.crt and
// token, which it writes; node.json, the Node as it is after each change; events.jsonl, refused.jsonl and requests, to which it appends each
// Event, what was wrong with it, and each request; rights, if it is there at the start: all that the agent may do, a right a line, such as
// "watch pods"; used, to which it appends the right that each request needed. Troubles, which it has as long as there is such a file: down, nobody listens; slow, each
// answer begins after so many seconds; lying, the Pods of all nodes are told; plain, nothing is compressed.
if (args is not [var folder])
{
    Console.Error.WriteLine("usage: test-api-server FOLDER");
    return 2;
}

const string Token = "a-token-of-the-test";
using var cluster = new Cluster { Token = Token };
cluster.Events.Written += written => Append("events.jsonl", written.ToJsonString());
cluster.Events.Refused += (written, why) => Append("refused.jsonl", new JsonObject { ["why"] = why, ["event"] = written.DeepClone() }.ToJsonString());
Directory.CreateDirectory(Path.Combine(folder, "pods"));
var rights = Path.Combine(folder, "rights");
cluster.Granted = File.Exists(rights) ? File.ReadAllLines(rights).ToHashSet() : null;
var known = new Dictionary<string, (DateTime Written, JsonNode Pod)>();
Refresh();

cluster.Nodes.Written += node => File.WriteAllText(Path.Combine(folder, "node.json"), node.ToJsonString());
ApiServer? server = await ApiServer.StartAsync(cluster);
var port = server.Url.Port;
File.WriteAllText(Path.Combine(folder, "ca.crt"), cluster.Certificates.AuthorityPem);
File.WriteAllText(Path.Combine(folder, "token"), Token);
var authority = Convert.ToBase64String(Encoding.ASCII.GetBytes(cluster.Certificates.AuthorityPem));
File.WriteAllText(Path.Combine(folder, "kubeconfig"), $$$"""
    apiVersion: v1
    kind: Config
    current-context: test
    contexts: [{name: test, context: {cluster: test, user: agent}}]
    clusters: [{name: test, cluster: {server: "{{{server.Url}}}", certificate-authority-data: {{{authority}}}}}]
    users: [{name: agent, user: {token: {{{Token}}}}}]

    """);
await HaveTroublesAsync();
Console.WriteLine($"serving port {port}");
while (true)
{
    await HaveTroublesAsync();
    await Task.Delay(100);
    Refresh();
    while (cluster.Requests.TryDequeue(out var request))
    {
        Append("requests", $"{request.Verb} {request.Target}");
        if (ApiServer.RightOf(request.Verb) is { } right)
        {
            Append("used", right);
        }
    }
}

async Task HaveTroublesAsync()
{
    cluster.IgnoresSelector = File.Exists(Path.Combine(folder, "lying"));
    cluster.Compresses = !File.Exists(Path.Combine(folder, "plain"));
    var slow = Path.Combine(folder, "slow");
    cluster.Delay = File.Exists(slow) && double.TryParse(File.ReadAllText(slow), CultureInfo.InvariantCulture, out var seconds)
        ? TimeSpan.FromSeconds(seconds)
        : TimeSpan.Zero;
    var isDown = File.Exists(Path.Combine(folder, "down"));
    if (isDown && server is not null)
    {
        await server.DisposeAsync();
        server = null;
    }
    else if (!isDown && server is null)
    {
        server = await ApiServer.StartAsync(cluster, port);
    }
}

void Refresh()
{
    var files = Directory.GetFiles(Path.Combine(folder, "pods"), "*.json");
    foreach (var file in files)
    {
        var written = File.GetLastWriteTimeUtc(file);
        if (!known.TryGetValue(file, out var last) || last.Written != written)
        {
            var pod = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            if (last.Pod is { } before && before["metadata"]!["uid"]!.ToString() != pod["metadata"]!["uid"]!.ToString())
            {
                // Another Pod of that name: the first one goes.
                cluster.Pods.Delete(before["metadata"]!["namespace"]!.ToString(), before["metadata"]!["name"]!.ToString());
            }

            known[file] = (written, pod);
            cluster.Pods.Put(pod);
        }
    }

    foreach (var gone in known.Keys.Except(files).ToArray())
    {
        cluster.Pods.Delete(known[gone].Pod["metadata"]!["namespace"]!.ToString(), known[gone].Pod["metadata"]!["name"]!.ToString());
        known.Remove(gone);
    }
}

void Append(string file, string line)
{
    lock (cluster)
    {
        File.AppendAllText(Path.Combine(folder, file), line + "\n");
    }
}
