import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.concurrent.Future;
import java.io.File;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;

/**
 * A peer of the tests of the provider: TLS 1.3 by Netty with BoringSSL, with the groups that Netty offers unless told otherwise.
 * "client PORT CERTIFICATE" connects to a server on this machine, and "server CERTIFICATE KEY" prints its port and serves one client.
 */
class Tls {
    public static void main(String[] arguments) throws Exception {
        boolean isClient = arguments[0].equals("client");
        SslContextBuilder builder = isClient
            ? SslContextBuilder.forClient().trustManager(new File(arguments[2]))
            : SslContextBuilder.forServer(new File(arguments[1]), new File(arguments[2]));
        SslContext context = builder.sslProvider(SslProvider.OPENSSL).protocols("TLSv1.3").build();
        CompletableFuture<String> protocol = new CompletableFuture<>();
        ChannelInitializer<Channel> initializer = new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                SslHandler handler = isClient
                    ? context.newHandler(channel.alloc(), "localhost", Integer.parseInt(arguments[1]))
                    : context.newHandler(channel.alloc());
                channel.pipeline().addLast(handler);
                handler.handshakeFuture().addListener((Future<Channel> done) -> {
                    if (done.isSuccess()) {
                        protocol.complete(handler.engine().getSession().getProtocol());
                    } else {
                        protocol.completeExceptionally(done.cause());
                    }
                });
            }
        };
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", isClient ? Integer.parseInt(arguments[1]) : 0);
        try (MultiThreadIoEventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory())) {
            if (isClient) {
                new Bootstrap().group(loop).channel(NioSocketChannel.class).handler(initializer).connect(address).sync();
            } else {
                Channel listener = new ServerBootstrap().group(loop).channel(NioServerSocketChannel.class).childHandler(initializer)
                    .bind(address).sync().channel();
                System.out.println(((InetSocketAddress) listener.localAddress()).getPort());
            }
            System.out.println(protocol.get());
        }
    }
}
